//! The parts that pages are made of. Each returns a type-erased view: a page is then a few calls, which keeps
//! the WebAssembly small however many pages there are.

pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod frame;
pub(crate) mod idle_timer;
pub(crate) mod parts;
pub(crate) mod password;
pub(crate) mod security_questions;
