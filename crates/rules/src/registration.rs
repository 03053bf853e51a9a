//! The steps of a registration, as data: which of them a policy asks for, when one may be shown, and what a changed
//! answer undoes.

use crate::policy::Policy;

/// A step of a registration, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Who the person is; done when the roster has one match, and when there are questions to be asked in any case.
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
    /// The answers of About you match one person, or that is not to be told before the questions are answered.
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
        undoes: &[Step::Email, Step::EmailCode, Step::SignInDetails, Step::SecurityQuestions],
    },
    Plan {
        step: Step::Email,
        asked: |_| true,
        fact: |progress| &mut progress.email_chosen,
        undoes: &[Step::EmailCode],
    },
    Plan { step: Step::EmailCode, asked: |_| true, fact: |progress| &mut progress.email_proven, undoes: &[] },
    Plan {
        step: Step::SignInDetails,
        asked: |_| true,
        fact: |progress| &mut progress.sign_in_details,
        // An answer may be neither the User ID nor the password, and of all answers there is one hash: with others there is
        // nothing to compare, so they are given again. Where both are the same as before nothing has changed.
        undoes: &[Step::SecurityQuestions],
    },
    Plan {
        step: Step::SecurityQuestions,
        asked: |policy| policy.questions_after_pin() > 0,
        fact: |progress| &mut progress.security_questions,
        undoes: &[],
    },
    Plan { step: Step::Check, asked: |_| true, fact: |progress| &mut progress.created, undoes: &[] },
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
    is_asked(step, policy) && if gap == Step::Done { step == Step::Done } else { step <= gap }
}

/// The steps whose answers fall when this step's answers change.
pub fn undone_by(step: Step) -> &'static [Step] {
    step.plan().map_or(&[], |plan| plan.undoes)
}

/// The step after this one that the policy has; [`Step::Done`] is followed by itself.
pub fn next(step: Step, policy: &Policy) -> Step {
    Step::ALL.into_iter().find(|later| *later > step && is_asked(*later, policy)).unwrap_or(Step::Done)
}

/// The step before this one that the policy has, for the link Back; `None` at the first.
pub fn previous(step: Step, policy: &Policy) -> Option<Step> {
    Step::ALL.into_iter().rev().find(|earlier| *earlier < step && is_asked(*earlier, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Preset;

    fn policy(questionnaire: u32, security_questions: u32) -> Policy {
        Policy { questionnaire, security_questions, ..Preset::Member.defaults() }
    }

    #[test]
    fn goes_through_every_step_that_the_policy_has() {
        use Step::{AboutYou, Check, Done, Email, EmailCode, Questions, SecurityQuestions, SignInDetails};
        for (policy, expected) in [
            (policy(0, 0), vec![AboutYou, Email, EmailCode, SignInDetails, Check]),
            (policy(3, 0), vec![AboutYou, Questions, Email, EmailCode, SignInDetails, Check]),
            (policy(0, 3), vec![AboutYou, Email, EmailCode, SignInDetails, SecurityQuestions, Check]),
            (
                policy(3, 3),
                vec![AboutYou, Questions, Email, EmailCode, SignInDetails, SecurityQuestions, Check],
            ),
        ] {
            let mut progress = Progress::default();
            let mut seen = Vec::new();
            while first_gap(&progress, &policy) != Done {
                let step = first_gap(&progress, &policy);
                assert!(may_show(step, &progress, &policy));
                assert!(!may_show(next(step, &policy), &progress, &policy));
                seen.push(step);
                progress = progress.after(step);
            }
            assert_eq!(seen, expected);
            for pair in seen.windows(2) {
                assert_eq!(next(pair[0], &policy), pair[1]);
                assert_eq!(previous(pair[1], &policy), Some(pair[0]));
            }
            assert_eq!(previous(AboutYou, &policy), None);
            assert_eq!((next(Check, &policy), next(Done, &policy)), (Done, Done));
        }
    }

    #[test]
    fn nothing_but_the_end_is_shown_at_the_end() {
        let created = Progress { created: true, ..Progress::default() };
        for step in Step::ALL {
            assert_eq!(may_show(step, &created, &policy(3, 3)), step == Step::Done);
            assert_eq!(may_show(step, &Progress::default(), &policy(3, 3)), step == Step::AboutYou);
        }
    }

    #[test]
    fn an_earlier_step_is_shown_again() {
        let mut progress = Progress::default();
        for step in [Step::AboutYou, Step::Email, Step::EmailCode, Step::SignInDetails] {
            progress = progress.after(step);
        }
        let shown: Vec<_> =
            Step::ALL.into_iter().filter(|step| may_show(*step, &progress, &policy(0, 0))).collect();
        assert_eq!(shown, [Step::AboutYou, Step::Email, Step::EmailCode, Step::SignInDetails, Step::Check]);
    }

    #[test]
    fn a_changed_answer_undoes_what_hangs_on_it() {
        let mut progress = Progress::default();
        for step in Step::ALL {
            progress = progress.after(step);
        }
        progress.created = false;
        let policy = policy(3, 3);
        for (changed, gap) in [
            (Step::AboutYou, Step::Questions),
            (Step::Questions, Step::Email),
            (Step::Email, Step::EmailCode),
            (Step::EmailCode, Step::Check),
            (Step::SignInDetails, Step::SecurityQuestions),
            (Step::SecurityQuestions, Step::Check),
        ] {
            assert_eq!(first_gap(&progress.after(changed), &policy), gap, "{changed:?}");
        }
        // A new address does not cost the User ID, but proves nothing until its code is entered.
        let with_new_email = progress.after(Step::Email);
        assert!(with_new_email.sign_in_details && !with_new_email.email_proven);
        assert!(!may_show(Step::SignInDetails, &with_new_email, &policy));
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            /// A visitor posts answers to any step in any order; the server takes those of the steps it may show.
            #[test]
            fn no_sequence_of_answers_skips_a_step(
                posts in proptest::collection::vec(proptest::sample::select(Step::ALL.to_vec()), 0..40),
                questionnaire in 0_u32..3,
                security_questions in 0_u32..3,
            ) {
                let policy = policy(questionnaire, security_questions);
                let mut progress = Progress::default();
                for step in posts {
                    if !may_show(step, &progress, &policy) {
                        continue;
                    }
                    for earlier in Step::ALL.into_iter().filter(|earlier| *earlier < step && step != Step::Done) {
                        prop_assert!(!is_asked(earlier, &policy) || progress.has_done(earlier));
                    }
                    let before = progress;
                    progress = progress.after(step);
                    for other in Step::ALL.into_iter().filter(|other| *other != step) {
                        let kept = before.has_done(other) && !undone_by(step).contains(&other);
                        prop_assert_eq!(progress.has_done(other), kept);
                    }
                    prop_assert!(undone_by(step).iter().all(|undone| *undone > step));
                }
                if progress.created {
                    let all = Step::ALL.into_iter().filter(|step| *step != Step::Done && is_asked(*step, &policy));
                    for step in all {
                        prop_assert!(progress.has_done(step));
                    }
                }
            }

            /// Whatever facts a row holds, one step is next, it may be shown, and nothing after it may.
            #[test]
            fn there_is_always_one_next_step(facts in any::<[bool; 7]>(), questionnaire in 0_u32..2) {
                let [matched, questions_passed, email_chosen, email_proven, sign_in_details, security_questions, created] = facts;
                let progress = Progress {
                    matched, questions_passed, email_chosen, email_proven, sign_in_details, security_questions, created,
                };
                let policy = policy(questionnaire, 3);
                let gap = first_gap(&progress, &policy);
                prop_assert!(may_show(gap, &progress, &policy));
                prop_assert!(Step::ALL.into_iter().all(|step| step <= gap || !may_show(step, &progress, &policy)));
            }
        }
    }
}
