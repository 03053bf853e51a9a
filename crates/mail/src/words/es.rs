//! Spanish, addressing the reader as *usted*.

use super::{Block, Facts, Labels, Words, action, code, text};
use crate::render::one_line;
use crate::{LockedFor, Message};

pub(super) const LABELS: Labels = Labels {
    phone: "Teléfono",
    email: "Correo electrónico",
    hours: "Horario de atención",
    automatic: "Este mensaje se envió automáticamente. Nuestro personal nunca le pedirá su contraseña ni ningún código.",
};

pub(super) fn greeting(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("Hola, {name}:"),
        None => "Hola:".to_owned(),
    }
}

/// The way out of what may have been somebody else.
fn was_it_you(facts: &Facts<'_>, not_me: &str) -> [Block; 4] {
    let Facts { phone, email, .. } = facts;
    [
        text("Si fue usted, no tiene que hacer nada más."),
        text(
            "Si no fue usted, presione el botón de esta página. Bloquea su cuenta, cierra todas sus sesiones y le ayuda a \
             elegir una contraseña nueva:",
        ),
        action("No fui yo", not_me),
        text(format!(
            "La página está disponible durante diez días. También puede llamarnos al {phone} o escribir a {email}."
        )),
    ]
}

/// The same for a mailbox that may be somebody else's: who reads it there gets no button.
fn call_if_not_you(facts: &Facts<'_>) -> [Block; 2] {
    let Facts { phone, email, .. } = facts;
    [
        text("Si fue usted, no tiene que hacer nada más."),
        text(format!("Si no fue usted, llámenos de inmediato al {phone} o escriba a {email}.")),
    ]
}

/// Something that was done in the account, and the way out.
fn told(facts: &Facts<'_>, not_me: &str, what: String) -> Vec<Block> {
    std::iter::once(text(what)).chain(was_it_you(facts, not_me)).collect()
}

pub(super) fn compose(message: &Message, facts: &Facts<'_>) -> Words {
    let Facts { organization, phone, email, .. } = facts;
    let (subject, blocks) = match message {
        Message::Welcome { link, hours } => (
            format!("Le damos la bienvenida a {organization}"),
            vec![
                text(format!(
                    "Le hemos creado una cuenta en {organization}. Elija una contraseña y podrá empezar a usarla. \
                     Comience aquí:"
                )),
                action("Elegir mi contraseña", link),
                text(
                    "La página tiene un solo botón, “Obtener mi código de seguridad”. Presiónelo, deje la página \
                     abierta y vuelva a su correo: el código le llegará en un segundo mensaje.",
                ),
                text(format!(
                    "El enlace es válido durante {hours} {}. Si lo abre más tarde, la página le ayudará a pedir \
                     uno nuevo.",
                    if *hours == 1 { "hora" } else { "horas" }
                )),
                text(format!(
                    "Si no esperaba este mensaje, puede ignorarlo, o llamarnos al {phone} si le preocupa."
                )),
            ],
        ),
        Message::ResetPassword { link, valid_until } => (
            "Restablezca su contraseña".to_owned(),
            vec![
                text(format!(
                    "Alguien, probablemente usted, pidió cambiar la contraseña de su cuenta en {organization}. Para \
                     continuar, abra esta página:"
                )),
                action("Cambiar mi contraseña", link),
                text(
                    "La página tiene un solo botón, “Obtener mi código de seguridad”. Presiónelo, deje la página \
                     abierta y vuelva a su correo: el código le llegará en un segundo mensaje.",
                ),
                text(format!(
                    "El enlace es válido hasta {} y sirve para un solo cambio.",
                    facts.moment(*valid_until)
                )),
                text(format!(
                    "Si usted no lo pidió, puede ignorar este mensaje: su contraseña seguirá siendo la misma. Si \
                     esto se repite, llámenos al {phone}."
                )),
            ],
        ),
        Message::SecurityCode { code: digits, valid_until } => (
            "Su código de seguridad".to_owned(),
            vec![
                text("Escriba este código en la página que dejó abierta:"),
                code(digits),
                text(format!("El código es válido hasta {}.", facts.moment(*valid_until))),
                text(format!(
                    "No lo comparta con nadie. Si usted no pidió un código, es posible que otra persona esté \
                     intentando entrar en su cuenta en {organization}. Sin este código no podrá hacerlo; por favor, \
                     llámenos al {phone}."
                )),
            ],
        ),
        Message::Pin { code: digits, valid_until } => (
            "Su PIN".to_owned(),
            vec![
                text("Escriba este PIN en la página donde lo pidió:"),
                code(digits),
                text(format!(
                    "El PIN es válido hasta {}. Con él puede ver su nombre de usuario, establecer una contraseña \
                     nueva, o ambas cosas.",
                    facts.moment(*valid_until)
                )),
                text(format!(
                    "No lo comparta con nadie. Si usted no pidió un PIN, es posible que otra persona esté intentando \
                     entrar en su cuenta en {organization}. Sin este PIN no podrá hacerlo; por favor, llámenos al \
                     {phone}."
                )),
            ],
        ),
        Message::UserIdLookedUp { at, not_me } => (
            "Se consultó su nombre de usuario".to_owned(),
            told(
                facts,
                not_me,
                format!(
                    "El nombre de usuario de su cuenta en {organization} se mostró a {} a alguien que escribió el PIN \
                     que enviamos a esta dirección.",
                    facts.moment(*at)
                ),
            ),
        ),
        Message::RegistrationCode { code: digits, valid_until } => (
            "Su código de registro".to_owned(),
            vec![
                text(format!("Escriba este código para continuar con su registro en {organization}:")),
                code(digits),
                text(format!("El código es válido hasta {}.", facts.moment(*valid_until))),
                text(
                    "No lo comparta con nadie. Si usted no se está registrando, puede ignorar este mensaje: sin el \
                     código, nadie puede registrarse con su correo electrónico.",
                ),
            ],
        ),
        Message::EmailCode { code: digits, valid_until } => (
            "Su código de seguridad".to_owned(),
            vec![
                text(format!(
                    "Escriba este código para que esta sea la dirección de correo de su cuenta en {organization}:"
                )),
                code(digits),
                text(format!("El código es válido hasta {}.", facts.moment(*valid_until))),
                text(
                    "No lo comparta con nadie. Si usted no lo pidió, puede ignorar este mensaje: sin el código, nadie \
                     puede usar su dirección de correo.",
                ),
            ],
        ),
        Message::EmailChanged { at, not_me } => {
            let what = format!(
                "La dirección de correo de su cuenta en {organization} se cambió a {}. Desde ahora escribiremos a la \
                 nueva. Este mensaje va a las dos.",
                facts.moment(*at)
            );
            let blocks = match not_me {
                Some(not_me) => {
                    let back = text("El botón también vuelve a poner esta dirección.");
                    told(facts, not_me, what).into_iter().chain([back]).collect()
                }
                None => std::iter::once(text(what)).chain(call_if_not_you(facts)).collect(),
            };
            ("Su correo electrónico fue cambiado".to_owned(), blocks)
        }
        Message::AddressInUse => (
            "Alguien pidió usar su dirección de correo".to_owned(),
            vec![
                text(format!(
                    "Alguien, quizás usted, pidió usar esta dirección de correo para otra cuenta en {organization}. Es \
                     la dirección de su cuenta, y nadie más puede tenerla allí. No se cambió nada."
                )),
                text(format!(
                    "Si fue usted, elija otra dirección para la otra cuenta o llámenos al {phone}. Si no fue usted, \
                     puede ignorar este mensaje."
                )),
            ],
        ),
        Message::Registered { user_id, sign_in, is_shared } => {
            let mut blocks = vec![
                text(format!("Su cuenta en {organization} está lista y puede usarla desde ahora.")),
                Block::Fact { label: "Su nombre de usuario", value: one_line(user_id) },
                text("Guárdelo bien: lo necesitará, junto con su contraseña, cada vez que inicie sesión."),
                action("Iniciar sesión", sign_in),
            ];
            if *is_shared {
                blocks.push(text(
                    "Otra persona también tiene una cuenta con esta dirección de correo. Desde ahora cada quien inicia \
                     sesión con su propio nombre de usuario: la dirección ya no dice quién es.",
                ));
            }
            blocks
                .push(text(format!("Si no fue usted quien se registró, llámenos de inmediato al {phone}.")));
            ("Su registro está completo".to_owned(), blocks)
        }
        Message::PasswordChanged { at, not_me } => (
            "Su contraseña fue cambiada".to_owned(),
            told(
                facts,
                not_me,
                format!("La contraseña de su cuenta en {organization} se cambió a {}.", facts.moment(*at)),
            ),
        ),
        Message::SecurityQuestionsChanged { at, not_me } => (
            "Sus preguntas de seguridad fueron cambiadas".to_owned(),
            told(
                facts,
                not_me,
                format!(
                    "Las preguntas de seguridad de su cuenta en {organization}, y sus respuestas, se cambiaron a {}.",
                    facts.moment(*at)
                ),
            ),
        ),
        Message::NewSignIn { at, browser, network, not_me } => {
            let browser = one_line(browser).replacen(" on ", " en ", 1);
            let mut blocks = vec![text(format!(
                "Alguien inició sesión en su cuenta en {organization} a {}, con un navegador que no conocíamos.",
                facts.moment(*at)
            ))];
            if !browser.is_empty() {
                blocks.push(Block::Fact { label: "Navegador", value: browser });
            }
            if !network.is_empty() {
                blocks.push(Block::Fact { label: "Red", value: one_line(network) });
            }
            blocks.extend(was_it_you(facts, not_me));
            ("Nuevo inicio de sesión".to_owned(), blocks)
        }
        Message::Locked { at, until, recover, locked_for } => {
            let at = facts.moment(*at);
            let mut blocks = vec![text(match locked_for {
                LockedFor::Strangers => format!(
                    "Hubo demasiados intentos fallidos de entrar en su cuenta en {organization}, en navegadores con \
                     los que usted no ha iniciado sesión. Para protegerla, la bloqueamos para esos navegadores a \
                     {at}. Donde ya ha iniciado sesión antes, puede seguir haciéndolo."
                ),
                LockedFor::Browser => format!(
                    "Hubo demasiados intentos fallidos de entrar en su cuenta en {organization}, en un navegador con \
                     el que usted ya había iniciado sesión. Para protegerla, la bloqueamos para ese navegador a {at}."
                ),
                LockedFor::Everyone => format!(
                    "Usted nos avisó de que algo en su cuenta en {organization} no fue usted. Para protegerla, la \
                     bloqueamos a {at} y cerramos todas sus sesiones."
                ),
            })];
            if let Some(until) = until {
                let until = facts.moment(*until);
                blocks.push(text(format!("El bloqueo termina solo a {until}. No hace falta que espere.")));
            }
            blocks.push(text("Para desbloquearla por su cuenta, elija una contraseña nueva. Comience aquí:"));
            blocks.push(action("Restablecer mi contraseña", recover));
            blocks.push(text(format!("También puede llamarnos al {phone} y le ayudaremos.")));
            blocks.push(text("Los PIN, enlaces y códigos que le enviamos antes ya no sirven."));
            blocks.push(text(match locked_for {
                LockedFor::Strangers | LockedFor::Browser => {
                    "Si no fue usted quien lo intentó, es posible que alguien esté tratando de adivinar su contraseña. El \
                     bloqueo le impide entrar; por favor, avísenos."
                }
                LockedFor::Everyone => {
                    "Si ya no recibe nuestros correos, o si otra persona puede leerlos, llámenos: primero le ayudaremos \
                     con eso."
                }
            }));
            ("Su cuenta fue bloqueada".to_owned(), blocks)
        }
        Message::Unlocked { sign_in } => (
            "Su cuenta fue desbloqueada".to_owned(),
            vec![
                text(format!(
                    "Su cuenta en {organization} está desbloqueada. Ya puede volver a iniciar sesión:"
                )),
                action("Iniciar sesión", sign_in),
                text(format!("Si no sabe por qué fue desbloqueada, llámenos al {phone}.")),
            ],
        ),
        Message::Closed { at, register } => (
            "Su cuenta fue cerrada".to_owned(),
            vec![
                text(format!(
                    "Su cuenta en {organization} se cerró a {}: lo hizo alguien que había iniciado sesión y escribió la \
                     contraseña. El nombre de usuario, la contraseña y el correo electrónico están borrados.",
                    facts.moment(*at)
                )),
                text("Su inscripción sigue igual. Mientras dure, puede registrarse de nuevo:"),
                action("Registrarse", register),
                text(format!(
                    "Si no fue usted, llámenos de inmediato al {phone} o escriba a {email}. Este es el último correo \
                     sobre esa cuenta."
                )),
            ],
        ),
        Message::Disabled => (
            "Su cuenta fue desactivada".to_owned(),
            vec![
                text(format!(
                    "Su cuenta en {organization} fue desactivada. Nadie podrá iniciar sesión en ella hasta que la \
                     reactivemos."
                )),
                text(format!(
                    "Si tiene alguna pregunta o cree que se trata de un error, llámenos al {phone} o escriba a \
                     {email}. Con gusto le ayudaremos."
                )),
            ],
        ),
        Message::Reactivated { sign_in } => (
            "Su cuenta fue reactivada".to_owned(),
            vec![
                text(format!("Su cuenta en {organization} está activa de nuevo. Ya puede iniciar sesión:")),
                action("Iniciar sesión", sign_in),
                text(format!("Si no sabe por qué fue reactivada, llámenos al {phone}.")),
            ],
        ),
        Message::TriedToRegister { sign_in } => (
            "Alguien intentó registrarse como usted".to_owned(),
            vec![
                text(format!(
                    "Alguien usó sus datos personales para registrarse en {organization}. Usted ya tiene una cuenta, \
                     así que no se creó otra. Nada ha cambiado en la suya."
                )),
                text("Si fue usted, inicie sesión con el nombre de usuario que ya tiene:"),
                action("Iniciar sesión", sign_in),
                text(format!(
                    "Si olvidó su nombre de usuario o su contraseña, use los enlaces de esa página o llámenos al {phone}."
                )),
                text(format!(
                    "Si no fue usted, otra persona conoce sus datos. Por favor, llámenos al {phone}."
                )),
            ],
        ),
        Message::NoAccountFound { try_again, with_birthday } => {
            let (entered, advice, again) = if *with_birthday {
                (
                    "con esta dirección de correo electrónico y una fecha de nacimiento. No tenemos ninguna cuenta \
                     con ambas.",
                    "Si fue usted, revise las dos: es posible que su cuenta tenga otra dirección suya. Puede probar \
                     de nuevo:",
                    "Probar de nuevo",
                )
            } else {
                (
                    "con esta dirección de correo electrónico. No tenemos ninguna cuenta con ella.",
                    "Si fue usted, es posible que su cuenta tenga otra dirección suya. Puede probar con esa:",
                    "Probar con otra dirección",
                )
            };
            let blocks = vec![
                text(format!(
                    "Alguien, quizás usted, pidió ayuda a {organization} para iniciar sesión {entered}"
                )),
                text(advice),
                action(again, try_again),
                text(format!("Si no sabe cuál es, llámenos al {phone} o escriba a {email}.")),
                text("Si no fue usted, puede ignorar este mensaje."),
            ];
            ("No encontramos ninguna cuenta".to_owned(), blocks)
        }
    };
    Words { subject, blocks }
}
