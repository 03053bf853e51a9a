//! What a signed-in person sees: programs, their own information, and the end of the session.

pub mod api;
#[cfg(feature = "ssr")]
mod load;
mod page;

#[cfg(feature = "ssr")]
pub(crate) use load::{account, home, own, signed_in, signed_out, still_there};
pub use page::{AccountPage, HomePage, Program, SignedOutPage, StillTherePage};
pub(crate) use page::{account_sheet, home_sheet, signed_out_sheet, still_there_sheet};
