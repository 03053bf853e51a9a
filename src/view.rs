//! A view whose type is erased, for everything a page is made of.
//!
//! On the server this is Leptos's own `AnyView`. In the browser Leptos's carries, for each type of view, code to
//! compare and update it in place and to hydrate it while parts are still loading. Portico's pages do neither: a
//! page is hydrated in one go and exchanged as a whole. This one can only build and hydrate, which makes the
//! sign-in page's WebAssembly a fifth smaller. It goes by the same names, so that a view reads as in any Leptos app.

#[cfg(feature = "ssr")]
pub(crate) use leptos::prelude::{AnyView, IntoAny};

#[cfg(not(feature = "ssr"))]
pub(crate) use erased::{AnyView, IntoAny};

#[cfg(not(feature = "ssr"))]
mod erased {
    use leptos::tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        renderer::{
            Rndr,
            types::{Element, Node, Placeholder},
        },
        view::{Mountable, Position, PositionState, Render, RenderHtml, add_attr::AddAnyAttr},
    };

    /// Any view.
    pub(crate) struct AnyView(Box<dyn Erased>);

    /// Conversion of a view into [`AnyView`].
    pub(crate) trait IntoAny {
        /// Erases the type.
        fn into_any(self) -> AnyView;
    }

    impl<T: RenderHtml> IntoAny for T {
        fn into_any(self) -> AnyView {
            AnyView(Box::new(self.into_owned()))
        }
    }

    /// What is left of a view's type.
    trait Erased: Send {
        fn build(self: Box<Self>) -> State;
        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> State;
    }

    impl<T: RenderHtml + 'static> Erased for T {
        fn build(self: Box<Self>) -> State {
            let placeholder = (!T::EXISTS).then(Rndr::create_placeholder);
            State { view: Box::new(Render::build(*self)), placeholder }
        }

        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> State {
            let view = Box::new(RenderHtml::hydrate::<true>(*self, cursor, position));
            // The server marks the place of a view that is nothing.
            let placeholder = (!T::EXISTS).then(|| cursor.next_placeholder(position));
            State { view, placeholder }
        }
    }

    /// A view that stands on the page.
    pub(crate) struct State {
        view: Box<dyn Mountable>,
        placeholder: Option<Placeholder>,
    }

    impl Render for AnyView {
        type State = State;

        fn build(self) -> State {
            self.0.build()
        }

        fn rebuild(self, state: &mut State) {
            let mut new = self.build();
            state.insert_before_this(&mut new);
            state.unmount();
            *state = new;
        }
    }

    impl Mountable for State {
        fn unmount(&mut self) {
            self.view.unmount();
            if let Some(placeholder) = &mut self.placeholder {
                placeholder.unmount();
            }
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.view.mount(parent, marker);
            if let Some(placeholder) = &mut self.placeholder {
                placeholder.mount(parent, marker);
            }
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.view.insert_before_this(child)
                || self.placeholder.as_ref().is_some_and(|placeholder| placeholder.insert_before_this(child))
        }

        fn elements(&self) -> Vec<Element> {
            self.view.elements()
        }
    }

    impl AddAnyAttr for AnyView {
        type Output<SomeNewAttr: Attribute> = Self;

        /// Nothing in Portico spreads attributes onto a page.
        fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self {
            self
        }
    }

    impl RenderHtml for AnyView {
        type AsyncOutput = Self;
        type Owned = Self;

        const MIN_LENGTH: usize = 0;

        fn dry_resolve(&mut self) {}

        async fn resolve(self) -> Self {
            self
        }

        /// Only the server writes HTML, and there this type is Leptos's own.
        fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> State {
            self.0.hydrate(cursor, position)
        }

        fn into_owned(self) -> Self {
            self
        }
    }
}
