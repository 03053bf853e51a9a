//! The table of DESIGN.md, "Passwords" and below it.
//!
//! Where the table leaves a cell empty, because the preset never comes to use the value, it has the one that an
//! organization would expect if it overrode its way there.

use super::{EmailSource, EmployeeSsn, History, Policy, Preset, Recovery, SecondFactor, SignInWith, TooFew};

impl Preset {
    /// The policy of an organization that overrides nothing.
    pub fn defaults(self) -> Policy {
        match self {
            Self::Member => member(),
            Self::Staff => staff(),
            Self::Modern => modern(),
        }
    }
}

fn member() -> Policy {
    Policy {
        sign_in_with: SignInWith::UserId,
        password_min: 6,
        password_max: 12,
        password_letter: true,
        password_digit: true,
        password_uppercase: false,
        password_symbol: false,
        password_not_name: true,
        password_history: History::All,
        password_blocklist: false,
        password_reveal: false,
        password_remind_days: 180,
        lockout_attempts: 5,
        lockout_minutes: 0,
        recovery: Recovery::Pin,
        pin_minutes: 90,
        link_minutes: 24 * 60,
        code_minutes: 90,
        welcome_hours: 72,
        idle_seconds: 15 * 60,
        idle_warning_seconds: 2 * 60,
        session_hours: 12,
        expire_days: 0,
        end_on_leaving: true,
        questionnaire: 3,
        questionnaire_right: 2,
        questionnaire_too_few: TooFew::Refuse,
        security_questions: 3,
        employee_ssn: EmployeeSsn::WhenNoOwn,
        minimum_age: 18,
        resume_hours: 24,
        email_source: EmailSource::Either,
        second_factor: SecondFactor::Offered,
    }
}

fn staff() -> Policy {
    Policy {
        sign_in_with: SignInWith::Email,
        password_min: 10,
        password_max: 128,
        password_letter: false,
        password_digit: true,
        password_uppercase: true,
        password_symbol: true,
        password_not_name: false,
        password_history: History::Last(5),
        password_blocklist: false,
        password_reveal: false,
        password_remind_days: 0,
        lockout_attempts: 5,
        lockout_minutes: 0,
        recovery: Recovery::LinkAndCode,
        pin_minutes: 90,
        link_minutes: 24 * 60,
        code_minutes: 90,
        welcome_hours: 72,
        idle_seconds: 15 * 60,
        idle_warning_seconds: 2 * 60,
        session_hours: 12,
        expire_days: 90,
        end_on_leaving: false,
        questionnaire: 0,
        questionnaire_right: 0,
        questionnaire_too_few: TooFew::Refuse,
        security_questions: 0,
        employee_ssn: EmployeeSsn::Off,
        minimum_age: 18,
        resume_hours: 24,
        email_source: EmailSource::OnFile,
        second_factor: SecondFactor::Offered,
    }
}

fn modern() -> Policy {
    Policy {
        sign_in_with: SignInWith::Either,
        password_min: 15,
        password_max: 128,
        password_letter: false,
        password_digit: false,
        password_uppercase: false,
        password_symbol: false,
        password_not_name: true,
        password_history: History::Last(1),
        password_blocklist: true,
        password_reveal: true,
        password_remind_days: 0,
        lockout_attempts: 5,
        lockout_minutes: 15,
        recovery: Recovery::LinkAndCode,
        pin_minutes: 90,
        link_minutes: 60,
        code_minutes: 15,
        welcome_hours: 72,
        idle_seconds: 30 * 60,
        idle_warning_seconds: 2 * 60,
        session_hours: 24,
        expire_days: 0,
        end_on_leaving: false,
        questionnaire: 3,
        questionnaire_right: 3,
        questionnaire_too_few: TooFew::Refuse,
        security_questions: 0,
        employee_ssn: EmployeeSsn::WhenNoOwn,
        minimum_age: 18,
        resume_hours: 24,
        email_source: EmailSource::OnFile,
        second_factor: SecondFactor::Offered,
    }
}
