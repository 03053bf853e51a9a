//! The keys file on disk: made once, mode 0600, never overwritten, and refused when others can read it.

use portico_access::Randomness;
use portico_store::keys::{Keys, KeysError};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Why a keys file was not read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeysFileError {
    /// It is there already.
    #[error("{} exists already and is never overwritten: add a key to it with `portico keys rotate`, or name another file with --out", .0.display())]
    Exists(PathBuf),
    /// It is not there.
    #[error("there is no keys file at {}: make one with `portico keys new --out FILE`, or restore it from its backup if there is a database already", .0.display())]
    Missing(PathBuf),
    /// Others may read or change it.
    #[error("others can read the keys file: run `chmod 600 {}`, and rotate the keys if somebody may have", .0.display())]
    Open(PathBuf),
    /// Its text.
    #[error("{}: {why}", .file.display())]
    Text {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: KeysError,
    },
    /// The disk.
    #[error("{} cannot be used ({why}): check the folder and who owns it", .file.display())]
    Disk {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        why: io::ErrorKind,
    },
}

/// Reads the keys.
///
/// # Errors
/// [`KeysFileError`], which never quotes the file.
pub(super) fn read(file: &Path) -> Result<Keys, KeysFileError> {
    let disk = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeysFileError::Missing(file.to_owned()),
        why => KeysFileError::Disk { file: file.to_owned(), why },
    };
    // Of the file that is open, so that it cannot be exchanged in between.
    let mut opened = File::open(file).map_err(disk)?;
    let metadata = opened.metadata().map_err(disk)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(KeysFileError::Open(file.to_owned()));
    }
    let mut text = Zeroizing::new(String::new());
    io::Read::read_to_string(&mut opened, &mut text).map_err(disk)?;
    Keys::parse(&text).map_err(|why| KeysFileError::Text { file: file.to_owned(), why })
}

/// Makes a keys file with one key.
///
/// # Errors
/// [`KeysFileError::Exists`] when there is a file, whatever is in it.
pub(super) fn create(file: &Path, randomness: &dyn Randomness) -> Result<(), KeysFileError> {
    write_new(file, &Keys::generate(randomness)).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeysFileError::Exists(file.to_owned()),
        why => KeysFileError::Disk { file: file.to_owned(), why },
    })
}

/// Adds a key, which becomes the current one. The file is replaced at once: there is no moment without it.
///
/// # Errors
/// [`KeysFileError`]; the file is as it was then.
pub(super) fn rotate(file: &Path, randomness: &dyn Randomness) -> Result<(), KeysFileError> {
    let mut keys = read(file)?;
    keys.rotate(randomness);
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let disk = |error: io::Error| match error.kind() {
        // Another rotation is under way, or was cut off: what it wrote may be the only copy of a key in use.
        io::ErrorKind::AlreadyExists => KeysFileError::Exists(beside.clone()),
        why => KeysFileError::Disk { file: file.to_owned(), why },
    };
    write_new(&beside, &keys).map_err(disk)?;
    fs::rename(&beside, file).map_err(disk)?;
    sync_folder(file).map_err(disk)
}

fn write_new(file: &Path, keys: &Keys) -> io::Result<()> {
    let mut opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    opened.write_all(keys.to_file_text().as_bytes())?;
    opened.sync_all()?;
    sync_folder(file)
}

/// Makes a new name durable.
fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_access::SeededRandomness;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        (folder, file)
    }

    #[test]
    fn made_once_for_the_owner_alone() {
        let (_folder, file) = folder();
        create(&file, &SeededRandomness::new(1)).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let before = fs::read(&file).unwrap();
        assert!(matches!(create(&file, &SeededRandomness::new(2)), Err(KeysFileError::Exists(_))));
        assert_eq!(fs::read(&file).unwrap(), before);
        assert!(read(&file).is_ok());
    }

    #[test]
    fn a_link_is_not_followed_to_be_overwritten() {
        let (folder, file) = folder();
        let target = folder.path().join("target");
        std::os::unix::fs::symlink(&target, &file).unwrap();
        assert!(matches!(create(&file, &SeededRandomness::new(1)), Err(KeysFileError::Exists(_))));
        assert!(!target.exists());
    }

    #[test]
    fn refused_when_others_can_read_it() {
        let (_folder, file) = folder();
        create(&file, &SeededRandomness::new(1)).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o622, 0o601] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let error = read(&file).unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{mode:o}: {error}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert!(read(&file).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn missing_and_spoilt_files_say_what_to_do() {
        let (_folder, file) = folder();
        assert!(read(&file).unwrap_err().to_string().contains("portico keys new"));
        create(&file, &SeededRandomness::new(1)).unwrap();
        for (text, says) in [("", "portico keys new"), ("secret nonsense", "backup")] {
            fs::write(&file, text).unwrap();
            let error = read(&file).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("nonsense"), "{error}");
        }
    }

    #[test]
    fn rotating_keeps_the_old_keys() {
        let (folder, file) = folder();
        create(&file, &SeededRandomness::new(1)).unwrap();
        let sealed_by = |keys: &Keys| keys.mac("test", b"x");
        let before = sealed_by(&read(&file).unwrap());
        rotate(&file, &SeededRandomness::new(2)).unwrap();
        let keys = read(&file).unwrap();
        assert_ne!(sealed_by(&keys), before);
        assert!(keys.mac_holds("test", b"x", &before));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
