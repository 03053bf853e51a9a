//! The binary, run as an operator runs it, in a folder of its own.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A folder with nothing in it, and an environment without settings.
pub(crate) struct Machine {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), settings: Vec::new() }
    }

    /// A machine with keys, a migrated database, and every setting that `serve` needs.
    pub(crate) fn ready() -> Self {
        let machine = Self::new()
            .set("PORTICO_KEYS_FILE", "keys")
            .set("PORTICO_PUBLIC_URL", "http://127.0.0.1:3000")
            .set("PORTICO_LISTEN", "127.0.0.1:0")
            // Nobody listens there: what is sent waits.
            .set("PORTICO_MAIL_URL", "smtp://127.0.0.1:9?tls=none")
            .set("PORTICO_MAIL_FROM", "portal@example.org");
        assert_eq!(machine.run(&["keys", "new"]).code, Some(0));
        assert_eq!(machine.run(&["migrate"]).code, Some(0));
        machine
    }

    pub(crate) fn set(mut self, variable: &'static str, value: &str) -> Self {
        self.settings.retain(|(name, _)| *name != variable);
        self.settings.push((variable, value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // Another build than the one that cargo made for the tests, where one is named: the release.
        let program = std::env::var_os("PORTICO_PROGRAM").unwrap_or(env!("CARGO_BIN_EXE_portico").into());
        let mut command = Command::new(program);
        let inherited = std::env::vars().filter(|(name, _)| name.starts_with("PORTICO_"));
        for (name, _) in inherited {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.folder.path()).envs(self.settings.iter().cloned());
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Came {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        Came {
            code: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Runs a command that must be done, and gives what it printed.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let came = self.run(arguments);
        assert_eq!(came.code, Some(0), "{arguments:?}: {came:?}");
        came.out
    }

    /// Runs a command that must be refused in one sentence, and gives the sentence.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let came = self.run(arguments);
        assert_eq!(came.code, Some(1), "{arguments:?}: {came:?}");
        assert_eq!(came.err.lines().count(), 1, "{arguments:?}: {came:?}");
        came.err.trim_end().to_owned()
    }

    /// Starts the server, and waits until it says where it is.
    pub(crate) fn serve(&self) -> Server {
        let mut child =
            self.command(&["serve"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        wait_for(child, lines, |line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["listen"].as_str().map(str::to_owned)
        })
    }

    /// Starts the demo, and waits until it says where it is.
    pub(crate) fn serve_demo(&self) -> Server {
        let mut child =
            self.command(&["serve", "--demo"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        wait_for(child, lines, |line| Some(line.split_once("http://")?.1.split_once("/o/")?.0.to_owned()))
    }
}

fn wait_for<R: std::io::Read + Send + 'static>(
    mut child: Child,
    mut lines: BufReader<R>,
    address: impl Fn(&str) -> Option<String>,
) -> Server {
    let mut said = String::new();
    let address = loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap() == 0 {
            child.kill().unwrap();
            panic!("the server ended before it said where it is: {said}");
        }
        said.push_str(&line);
        if let Some(address) = address(&line) {
            break address;
        }
    };
    // Read on, so that the server never waits for us.
    let rest = std::thread::spawn(move || {
        let mut rest = String::new();
        let _until_it_ends = lines.read_to_string(&mut rest);
        rest
    });
    Server { child, address, rest: Some(rest) }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    rest: Option<std::thread::JoinHandle<String>>,
}

impl Server {
    pub(crate) fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address))
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> String {
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ))
    }

    /// Sends a request as it is, and gives the whole answer.
    pub(crate) fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Tells it to stop, and gives how it ended and what it said meanwhile.
    pub(crate) fn stop(mut self, signal: &str) -> (ExitStatus, String) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let status = self.child.wait().unwrap();
        (status, self.rest.take().unwrap().join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _already_waited_for = self.child.wait();
    }
}
