//! Every component in every state, on one page of the demo: to look at, not to send.

#[cfg(feature = "ssr")]
mod load;
mod page;
#[cfg(feature = "ssr")]
mod specimens;

#[cfg(feature = "ssr")]
pub(crate) use load::{ADDRESS, load};
pub use page::ComponentsPage;
pub(crate) use page::sheet;
