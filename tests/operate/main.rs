//! Running Portico: the command line, the front that every request passes, the logs, the demo.

mod command_line;
mod connections;
mod demo;
mod front;
mod logs;
mod process;
