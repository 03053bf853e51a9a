//! "This was not me": from the link of a mail, or as the person who is signed in.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::{by_link, by_owner};
pub use page::NotMePage;
pub(crate) use page::sheet;
