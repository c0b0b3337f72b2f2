//! Users and groups that children run as, by name or number.

use nix::unistd::{Gid, Group, Uid, User};

/// Who a child runs as, and what its environment says of that.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The user's number.
    pub uid: Option<u32>,
    /// The group's number.
    pub gid: Option<u32>,
    /// `HOME`, `USER` and `LOGNAME`, where the user is known.
    pub env: Vec<(&'static str, String)>,
}

/// Looks a user and a group up.
///
/// # Errors
/// What there is none of.
pub fn look_up(user: Option<&str>, group: Option<&str>) -> Result<Account, String> {
    let mut account = Account::default();
    if let Some(name) = user {
        let number = name.parse().ok();
        let known = User::from_name(name)
            .ok()
            .flatten()
            .or_else(|| User::from_uid(Uid::from_raw(number?)).ok().flatten());
        account.uid = known.as_ref().map(|user| user.uid.as_raw()).or(number);
        if account.uid.is_none() {
            return Err(format!("there is no user `{name}` (stormhost.user)"));
        }
        account.gid = known.as_ref().map(|user| user.gid.as_raw());
        if let Some(user) = known {
            account.env = vec![
                ("HOME", user.dir.to_string_lossy().into_owned()),
                ("USER", user.name.clone()),
                ("LOGNAME", user.name),
            ];
        }
    }
    if let Some(name) = group {
        let number = name.parse().ok();
        let known = Group::from_name(name).ok().flatten();
        account.gid = known
            .map(|group: Group| group.gid)
            .map(Gid::as_raw)
            .or(number);
        if account.gid.is_none() {
            return Err(format!("there is no group `{name}` (stormhost.group)"));
        }
    }
    Ok(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_found_and_others_are_told() {
        let root = look_up(Some("root"), None).unwrap();
        assert_eq!((root.uid, root.gid), (Some(0), Some(0)));
        assert!(root.env.contains(&("USER", "root".into())));
        let number = look_up(Some("54321"), Some("12345")).unwrap();
        assert_eq!((number.uid, number.gid), (Some(54_321), Some(12_345)));
        assert_eq!(look_up(None, None).unwrap(), Account::default());
        assert!(
            look_up(Some("nobody-at-all"), None)
                .unwrap_err()
                .contains("no user")
        );
        assert!(
            look_up(None, Some("nobody-at-all"))
                .unwrap_err()
                .contains("no group")
        );
    }
}
