//! What programs do with redis-rs: redis URL, with $DB_USER, $DB_PASSWORD and $DB_CA.

use drivers::{address, authority, check, password, refusal, user};
use futures_util::{StreamExt, future};
use redis::{
    AsyncCommands, Client, IntoConnectionInfo, RedisError, RedisResult, TlsCertificates, Value,
};
use serde_json::json;

#[tokio::main]
async fn main() -> RedisResult<()> {
    let info = address().into_connection_info()?;
    let settings = info
        .redis_settings()
        .clone()
        .set_username(user())
        .set_password(password());
    let info = info.set_redis_settings(settings);
    let client = match authority() {
        None => Client::open(info)?,
        Some(file) => {
            let root_cert = Some(std::fs::read(file).expect("the authority"));
            Client::build_with_tls(
                info,
                TlsCertificates {
                    client_tls: None,
                    root_cert,
                },
            )?
        }
    };
    match client.get_multiplexed_async_connection().await {
        Ok(_) => work(client).await,
        Err(refused) => {
            check("refused", refused.to_string());
            Ok(())
        }
    }
}

async fn work(client: Client) -> RedisResult<()> {
    let mut redis = client.get_multiplexed_async_connection().await?;
    redis::cmd("FLUSHDB").exec_async(&mut redis).await?;

    let _: () = redis.set_ex("word", "ünï 💶", 1000).await?;
    let _: () = redis.hset_multiple("person", &[("name", "Ada")]).await?;
    let word: String = redis.get("word").await?;
    let nothing: Option<String> = redis.get("nothing").await?;
    let person: Value = redis.hgetall("person").await?;
    check("keys", json!([word, nothing, format!("{person:?}")]));

    let _: () = redis.set("large", "ü".repeat(4_000_000)).await?;
    let large: String = redis.get("large").await?;
    check("large value", large.len());

    let at_once = (0..200).map(|_| {
        let mut redis = redis.clone();
        async move { redis.incr::<_, _, u64>("counter", 1).await }
    });
    check(
        "two hundred at once",
        future::try_join_all(at_once).await?.into_iter().max(),
    );

    let both: (u64, String) = redis::pipe()
        .atomic()
        .incr("counter", 1)
        .get("word")
        .query_async(&mut redis)
        .await?;
    let spoiled: Result<(u64,), RedisError> = redis::pipe()
        .lpush("word", "x")
        .query_async(&mut redis)
        .await;
    let atomic: Result<(u64,), RedisError> = redis::pipe()
        .atomic()
        .lpush("word", "x")
        .query_async(&mut redis)
        .await;
    check(
        "pipelines",
        json!([both, refusal(spoiled), refusal(atomic)]),
    );

    let script = redis::Script::new("return {KEYS[1], ARGV[1]}");
    let said: Vec<String> = script
        .key("key")
        .arg("argument")
        .invoke_async(&mut redis)
        .await?;
    check("scripts", said);

    let _: () = redis.xadd("stream", "1-1", &[("field", "value")]).await?;
    let read: Value = redis.xread(&["stream"], &["0"]).await?;
    check("streams", format!("{read:?}"));

    let mut listener = client.get_async_pubsub().await?;
    listener.subscribe("news").await?;
    listener.psubscribe("ne*er").await?;
    let _: () = redis.publish("news", "hello ü").await?;
    let _: () = redis.publish("newer", "last").await?;
    let mut messages = listener.on_message();
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let message = messages.next().await.expect("a message");
        heard.push(format!(
            "{} {}",
            message.get_channel_name(),
            message.get_payload::<String>()?
        ));
    }
    check("pub/sub", heard);
    redis::cmd("FLUSHDB").exec_async(&mut redis).await
}
