//! The steps of a registration, as data: which of them a policy asks for, when one may be shown, and what a changed
//! answer undoes.

use crate::policy::Policy;

/// A step of a registration, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Who the person is; done when the roster has one match.
    AboutYou,
    /// The identity questionnaire; only where the policy asks questions.
    Questions,
    /// The email address, on file or entered; done when a code is on its way to it.
    Email,
    /// The code; done when the address is proven.
    EmailCode,
    /// User ID and password.
    SignInDetails,
    /// Security questions; only where the policy wants some.
    SecurityQuestions,
    /// Check your answers; done when the account is created.
    Check,
    /// The account exists.
    Done,
}

/// What of a registration is done. Each field is a fact that the server recorded, never what a browser claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The answers of About you match one person.
    pub matched: bool,
    /// The questionnaire is passed.
    pub questions_passed: bool,
    /// The email address is settled and a code was sent there.
    pub email_chosen: bool,
    /// The code of that address was entered.
    pub email_proven: bool,
    /// User ID and password are accepted.
    pub sign_in_details: bool,
    /// Security questions are chosen and answered.
    pub security_questions: bool,
    /// The account is created.
    pub created: bool,
}

/// A step as data.
struct Plan {
    step: Step,
    /// Whether this policy has the step.
    asked: fn(&Policy) -> bool,
    /// The fact that the step is done.
    fact: fn(&mut Progress) -> &mut bool,
    /// The steps that hang on the answers of this one, and are to be done again when these change.
    undoes: &'static [Step],
}

const PLANS: [Plan; 7] = [
    Plan {
        step: Step::AboutYou,
        asked: |_| true,
        fact: |progress| &mut progress.matched,
        undoes: &[
            Step::Questions,
            Step::Email,
            Step::EmailCode,
            Step::SignInDetails,
            Step::SecurityQuestions,
        ],
    },
    Plan {
        step: Step::Questions,
        asked: |policy| policy.questionnaire > 0,
        fact: |progress| &mut progress.questions_passed,
        undoes: &[
            Step::Email,
            Step::EmailCode,
            Step::SignInDetails,
            Step::SecurityQuestions,
        ],
    },
    Plan {
        step: Step::Email,
        asked: |_| true,
        fact: |progress| &mut progress.email_chosen,
        undoes: &[Step::EmailCode],
    },
    Plan {
        step: Step::EmailCode,
        asked: |_| true,
        fact: |progress| &mut progress.email_proven,
        undoes: &[],
    },
    Plan {
        step: Step::SignInDetails,
        asked: |_| true,
        fact: |progress| &mut progress.sign_in_details,
        undoes: &[],
    },
    Plan {
        step: Step::SecurityQuestions,
        asked: |policy| policy.security_questions > 0,
        fact: |progress| &mut progress.security_questions,
        undoes: &[],
    },
    Plan {
        step: Step::Check,
        asked: |_| true,
        fact: |progress| &mut progress.created,
        undoes: &[],
    },
];

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 8] = [
        Self::AboutYou,
        Self::Questions,
        Self::Email,
        Self::EmailCode,
        Self::SignInDetails,
        Self::SecurityQuestions,
        Self::Check,
        Self::Done,
    ];

    fn plan(self) -> Option<&'static Plan> {
        PLANS.iter().find(|plan| plan.step == self)
    }
}

impl Progress {
    /// Whether this step is done. Nothing is left to do at [`Step::Done`], so it never is.
    pub fn has_done(mut self, step: Step) -> bool {
        step.plan().is_some_and(|plan| *(plan.fact)(&mut self))
    }

    /// The progress once this step's answers are accepted, for the first time or changed: the steps that hang on them
    /// are undone.
    #[must_use]
    pub fn after(mut self, step: Step) -> Self {
        for undone in undone_by(step) {
            if let Some(plan) = undone.plan() {
                *(plan.fact)(&mut self) = false;
            }
        }
        if let Some(plan) = step.plan() {
            *(plan.fact)(&mut self) = true;
        }
        self
    }
}

/// Whether this policy has the step at all.
pub fn is_asked(step: Step, policy: &Policy) -> bool {
    step.plan().is_none_or(|plan| (plan.asked)(policy))
}

/// The first step that is still to be done, which is where every address of the registration leads that may not be
/// shown; [`Step::Done`] when the account exists.
pub fn first_gap(progress: &Progress, policy: &Policy) -> Step {
    if progress.created {
        return Step::Done;
    }
    PLANS
        .iter()
        .find(|plan| (plan.asked)(policy) && !progress.has_done(plan.step))
        .map_or(Step::Done, |plan| plan.step)
}

/// Whether the step may be shown and its answers taken: the policy has it, nothing before it is missing, and the
/// account does not exist yet (then only [`Step::Done`] may be).
pub fn may_show(step: Step, progress: &Progress, policy: &Policy) -> bool {
    let gap = first_gap(progress, policy);
    is_asked(step, policy)
        && if gap == Step::Done {
            step == Step::Done
        } else {
            step <= gap
        }
}

/// The steps whose answers fall when this step's answers change.
pub fn undone_by(step: Step) -> &'static [Step] {
    step.plan().map_or(&[], |plan| plan.undoes)
}

/// The step after this one that the policy has; [`Step::Done`] is followed by itself.
pub fn next(step: Step, policy: &Policy) -> Step {
    Step::ALL
        .into_iter()
        .find(|later| *later > step && is_asked(*later, policy))
        .unwrap_or(Step::Done)
}

/// The step before this one that the policy has, for the link Back; `None` at the first.
pub fn previous(step: Step, policy: &Policy) -> Option<Step> {
    Step::ALL
        .into_iter()
        .rev()
        .find(|earlier| *earlier < step && is_asked(*earlier, policy))
}
