//! What holds in the database whenever anybody looks, each asked in one statement and so of one moment.

use portico_store::testing::TestDatabase;

/// Mails that still wait, or were given up.
pub(crate) const UNDELIVERED: &str = "SELECT id FROM outbox WHERE sent_at IS NULL";

/// Something that is never so.
pub(crate) struct Invariant {
    /// What it would be.
    pub(crate) broken: &'static str,
    /// Selects what breaks it.
    pub(crate) offenders: &'static str,
    /// Breaks it, in the database of a finished trial.
    pub(crate) damage: &'static str,
}

/// Checks them all.
pub(crate) async fn hold(database: &TestDatabase) {
    for invariant in INVARIANTS {
        let offenders = database.ask(invariant.offenders).await;
        assert!(offenders.is_empty(), "{}: {offenders:?}", invariant.broken);
    }
}

pub(crate) const INVARIANTS: &[Invariant] = &[
    Invariant {
        broken: "an account of a person of the roster without the one registration that became it",
        offenders: "SELECT a.id FROM accounts a WHERE a.person_id IS NOT NULL AND 1 <> (SELECT COUNT(*) \
                    FROM registrations r WHERE r.account_id = a.id AND r.person_id = a.person_id \
                    AND r.consumed_at IS NOT NULL)",
        damage: "UPDATE registrations SET consumed_at = NULL WHERE id = (SELECT MIN(id) FROM registrations \
                 WHERE consumed_at IS NOT NULL)",
    },
    Invariant {
        broken: "a consumed registration without an account that can be signed in to",
        offenders: "SELECT r.id FROM registrations r LEFT JOIN accounts a ON a.id = r.account_id \
                    AND a.person_id = r.person_id WHERE r.consumed_at IS NOT NULL AND (a.activated_at IS NULL \
                    OR a.password_hash IS NULL OR NOT EXISTS (SELECT 1 FROM password_history h \
                    WHERE h.account_id = a.id))",
        damage: "UPDATE accounts SET password_hash = NULL WHERE id = (SELECT MIN(account_id) FROM registrations \
                 WHERE consumed_at IS NOT NULL)",
    },
    Invariant {
        broken: "a consumed registration that still has what was typed",
        offenders: "SELECT id FROM registrations WHERE consumed_at IS NOT NULL AND (answers IS NOT NULL \
                    OR email IS NOT NULL OR user_id IS NOT NULL OR code_hash IS NOT NULL OR password_hash IS NOT NULL \
                    OR security_hash IS NOT NULL)",
        damage: "UPDATE registrations SET password_hash = 'left' WHERE id = (SELECT MIN(id) FROM registrations \
                 WHERE consumed_at IS NOT NULL)",
    },
    Invariant {
        broken: "an account that registered without its row of the log, its mail, its session or its answers",
        offenders: "SELECT a.id FROM accounts a WHERE a.person_id IS NOT NULL AND (1 <> (SELECT COUNT(*) FROM audit l \
                    WHERE l.account_id = a.id AND l.event = 'account.registered') OR 1 <> (SELECT COUNT(*) \
                    FROM outbox o WHERE o.account_id = a.id AND o.kind = 'registered') \
                    OR NOT EXISTS (SELECT 1 FROM sessions s WHERE s.account_id = a.id) \
                    OR NOT EXISTS (SELECT 1 FROM security_answers q WHERE q.account_id = a.id))",
        damage: "DELETE FROM outbox WHERE id = (SELECT MIN(id) FROM outbox WHERE kind = 'registered')",
    },
    Invariant {
        broken: "a row of the log that tells of a registration or an invitation without an account",
        offenders: "SELECT l.account_id FROM audit l WHERE l.event IN ('account.registered', 'account.invited') \
                    AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = l.account_id)",
        damage: "UPDATE audit SET account_id = 'nobody' WHERE sequence = (SELECT MIN(sequence) FROM audit \
                 WHERE event = 'account.invited') AND event = 'account.invited'",
    },
    Invariant {
        broken: "codes of registrations that were proven, mailed or logged, and not all of these",
        offenders: "SELECT 'all' FROM organizations WHERE slug = 'evergreen' AND ((SELECT COUNT(*) FROM registrations \
                    WHERE email_proven_at IS NOT NULL) <> (SELECT COUNT(*) FROM audit \
                    WHERE event = 'registration.email_proven') OR (SELECT COUNT(*) FROM outbox \
                    WHERE kind = 'registration_code') <> (SELECT COUNT(*) FROM audit \
                    WHERE event = 'registration.code_sent'))",
        damage: "DELETE FROM outbox WHERE id = (SELECT MIN(id) FROM outbox WHERE kind = 'registration_code')",
    },
    Invariant {
        broken: "an account whose used links, passwords, rows of the log and mails are not as many",
        offenders: "SELECT a.id FROM accounts a JOIN (SELECT account_id, COUNT(used_at) AS used FROM recoveries \
                    GROUP BY account_id) r ON r.account_id = a.id WHERE a.person_id IS NULL \
                    AND (r.used <> (SELECT COALESCE(MAX(h.number), 0) FROM password_history h \
                    WHERE h.account_id = a.id) OR r.used <> (SELECT COUNT(*) FROM audit l \
                    WHERE l.account_id = a.id AND l.event = 'account.password_set') OR r.used <> (SELECT COUNT(*) \
                    FROM outbox o WHERE o.account_id = a.id AND o.kind = 'password_changed') \
                    OR (r.used > 0) <> (a.password_hash IS NOT NULL))",
        damage: "UPDATE recoveries SET used_at = NULL, voided_at = used_at WHERE id = (SELECT MIN(id) FROM recoveries \
                 WHERE used_at IS NOT NULL)",
    },
    Invariant {
        broken: "a link that was used last and is not what set the account's password",
        offenders: "SELECT r.id FROM recoveries r WHERE r.used_at = (SELECT MAX(n.used_at) FROM recoveries n \
                    WHERE n.account_id = r.account_id) AND r.used_at <> (SELECT MAX(h.set_at) \
                    FROM password_history h WHERE h.account_id = r.account_id)",
        damage: "UPDATE recoveries SET used_at = used_at + 1 WHERE used_at IS NOT NULL",
    },
    Invariant {
        broken: "a used link whose code never came back, or still has a code",
        offenders: "SELECT id FROM recoveries WHERE used_at IS NOT NULL AND (code_proven_at IS NULL \
                    OR code_hash IS NOT NULL)",
        damage: "UPDATE recoveries SET code_proven_at = NULL WHERE id = (SELECT MAX(id) FROM recoveries \
                 WHERE used_at IS NOT NULL)",
    },
    Invariant {
        broken: "a code that came back, and the log does not know",
        offenders: "SELECT r.id FROM recoveries r WHERE r.code_proven_at IS NOT NULL AND NOT EXISTS (SELECT 1 \
                    FROM audit l WHERE l.account_id = r.account_id AND l.event = 'recovery.code_proven' \
                    AND l.at >= r.code_proven_at)",
        damage: "UPDATE audit SET event = 'nothing' WHERE event = 'recovery.code_proven'",
    },
    Invariant {
        broken: "a link or a session that outlived the password that another link set",
        offenders: "SELECT r.id FROM recoveries r JOIN recoveries u ON u.account_id = r.account_id \
                    WHERE r.used_at IS NULL AND r.voided_at IS NULL AND r.created_at < u.used_at \
                    UNION SELECT s.id FROM sessions s JOIN recoveries u ON u.account_id = s.account_id \
                    WHERE s.ended_at IS NULL AND s.created_at < u.used_at",
        damage: "UPDATE sessions SET ended_at = NULL WHERE end_reason = 'password_set'",
    },
    Invariant {
        broken: "a link or a code that was made without its mail",
        offenders: "SELECT r.id FROM recoveries r WHERE NOT EXISTS (SELECT 1 FROM outbox o \
                    WHERE o.change = 'link/' || r.id) UNION SELECT a.id FROM accounts a WHERE (SELECT COUNT(*) \
                    FROM audit l WHERE l.account_id = a.id AND l.event = 'recovery.code_sent') <> (SELECT COUNT(*) \
                    FROM outbox o WHERE o.account_id = a.id AND o.kind = 'security_code')",
        damage: "DELETE FROM outbox WHERE kind = 'welcome'",
    },
    Invariant {
        broken: "a mail that was delivered and is still there to be read, or was given up",
        offenders: "SELECT id FROM outbox WHERE given_up_at IS NOT NULL OR (sent_at IS NOT NULL \
                    AND (body IS NOT NULL OR recipient IS NOT NULL OR lease IS NOT NULL))",
        damage: "UPDATE outbox SET lease = 'somebody'",
    },
];
