//! What a user of Redis has to be allowed, as `ACL SETUSER` has it: for the advice where Redis refuses. The same stands in `docs/redis.md`.

use crate::topology::Kind;
use crate::topology::redis::{Mode, RedisOptions};

/// The keys or channels, and the commands.
pub fn needed(kind: Kind, options: &RedisOptions) -> String {
    let key = &options.key;
    let push = options.end.push().to_lowercase();
    match (kind, options.mode) {
        (Kind::Spout, Mode::List) => format!(
            "~{key} ~{key}:* +lmove +blmove +llen +lrange +lrem +lpush +rpush +sadd +srem +smembers +set +del +pttl"
        ),
        (Kind::Spout, Mode::Stream) => format!(
            "~{key} ~{key}:failed +xgroup +xreadgroup +xack +xadd +xpending +xclaim +xautoclaim +xinfo"
        ),
        (Kind::Spout, _) => format!("&{key} +subscribe +psubscribe +ping"),
        (Kind::Bolt, Mode::List) => format!("~{key} +{push}"),
        (Kind::Bolt, Mode::Stream) => format!("~{key} +xadd"),
        (Kind::Bolt, Mode::Channel) => format!("&{key} +publish"),
        (Kind::Bolt, Mode::Hash) => format!("~{key} +hset"),
        (Kind::Bolt, Mode::String) => format!("~{key}* +set"),
    }
}
