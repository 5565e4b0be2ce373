//! What a host answers about the file that stands where another is to go.

use super::answers::Answer;
use super::syntax::Owner;

/// What stands on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The user that looked.
    pub(super) me: u32,
    pub(super) file: Option<File>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct File {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Whether its group is one of the user's that looked.
    pub(super) member: bool,
    pub(super) user: String,
    pub(super) group: String,
    /// Only where its size is the one of our file.
    pub(super) sha256: Option<String>,
}

impl Standing {
    pub(super) fn from_answer(answer: &Answer) -> Option<Self> {
        let id = |key: &str| answer.get(key)?.parse().ok();
        let file = match answer.get("size") {
            None => None,
            Some(_) => Some(File {
                mode: u32::from_str_radix(answer.get("mode")?, 8).ok()?,
                uid: id("uid")?,
                gid: id("gid")?,
                member: answer.get("member").is_some(),
                user: answer.get("user")?.to_owned(),
                group: answer.get("group")?.to_owned(),
                sha256: answer.get("sum").map(str::to_owned),
            }),
        };
        Some(Self { me: id("me")?, file })
    }
}

impl File {
    pub(super) fn is_owned_by(&self, owner: &Owner) -> bool {
        let is = |wanted: &str, name: &str, id: u32| wanted == name || wanted == id.to_string();
        is(&owner.user, &self.user, self.uid)
            && owner.group.as_ref().is_none_or(|group| is(group, &self.group, self.gid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_none() {
        let whole =
            "me=7\nsize=3\nmode=4755\nuid=0\ngid=5\nmember=1\nsum=ab\nuser=root\ngroup=staff\n";
        let there = Standing::from_answer(&Answer::from_text(whole)).unwrap();
        let file = there.file.unwrap();
        assert_eq!((there.me, file.mode, file.uid, file.gid, file.member), (7, 0o4755, 0, 5, true));
        assert_eq!(file.sha256.as_deref(), Some("ab"));
        let none = Standing::from_answer(&Answer::from_text("me=0\n")).unwrap();
        assert_eq!(none, Standing { me: 0, file: None });
        for key in ["me=7\n", "mode=4755\n", "uid=0\n", "group=staff\n"] {
            let cut = whole.replace(key, "");
            assert_eq!(Standing::from_answer(&Answer::from_text(&cut)), None, "{key}");
        }
    }
}
