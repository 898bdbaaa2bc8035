//! What programs do with tokio-postgres: postgres HOST:PORT/DATABASE, with $DB_USER, $DB_PASSWORD and $DB_CA.

use drivers::{address, authority, check, password, refusal, trusting, user};
use futures_util::{SinkExt, StreamExt, TryStreamExt, future, pin_mut, stream};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_postgres::{
    AsyncMessage, Client, Connection, Error, NoTls, SimpleQueryMessage, config::SslMode,
    types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut config: tokio_postgres::Config = format!("postgres://{}", address()).parse()?;
    config.user(user()).password(password());
    let (said, heard) = mpsc::unbounded_channel();
    let connected = match authority() {
        None => config.connect(NoTls).await.map(|(client, connection)| {
            drive(connection, said);
            client
        }),
        Some(file) => {
            config.ssl_mode(SslMode::Require);
            config
                .connect(MakeRustlsConnect::new(trusting(&file)))
                .await
                .map(|(client, connection)| {
                    drive(connection, said);
                    client
                })
        }
    };
    match connected {
        Ok(client) => work(client, heard).await,
        Err(refused) => match refused.as_db_error() {
            Some(error) => {
                check(
                    "refused",
                    format!("{} {}", error.code().code(), error.message()),
                );
                Ok(())
            }
            None => Err(refused),
        },
    }
}

/// Reads what comes; notices and notifications are sent on.
fn drive<S, T>(mut connection: Connection<S, T>, said: mpsc::UnboundedSender<String>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            let _ = said.send(match message {
                AsyncMessage::Notice(notice) => {
                    format!("{} {}", notice.severity(), notice.message())
                }
                AsyncMessage::Notification(news) => {
                    format!("{} {}", news.channel(), news.payload())
                }
                _ => "something else".to_owned(),
            });
        }
    });
}

async fn work(mut client: Client, mut heard: mpsc::UnboundedReceiver<String>) -> Result<(), Error> {
    client.batch_execute("SET client_min_messages = warning; DROP TABLE IF EXISTS notes; RESET client_min_messages").await?;
    client
        .batch_execute(
            "CREATE TABLE notes (id serial PRIMARY KEY, word text UNIQUE, amount float8)",
        )
        .await?;

    let row = client
        .query_one("SELECT session_user::text, current_database()::text", &[])
        .await?;
    check(
        "who",
        json!([row.get::<_, String>(0), row.get::<_, String>(1)]),
    );

    let row = client
        .query_one(
            "SELECT $1::int4, $2::int8, $3::text, $4::bytea, $5::bool, $6::float8, $7::int4[], $8::jsonb, $9::text",
            &[&-1i32, &i64::MAX, &"ünï 💶", &vec![0u8, 1, 255], &true, &3.25f64, &vec![1i32, 2], &json!({ "a": 1 }), &None::<String>],
        )
        .await?;
    check(
        "values",
        json!([
            row.get::<_, i32>(0),
            row.get::<_, i64>(1),
            row.get::<_, String>(2),
            row.get::<_, Vec<u8>>(3),
            row.get::<_, bool>(4),
            row.get::<_, f64>(5),
            row.get::<_, Vec<i32>>(6),
            row.get::<_, serde_json::Value>(7),
            row.get::<_, Option<String>>(8)
        ]),
    );
    let large = "ü".repeat(3_000_000);
    check(
        "large value",
        client
            .query_one("SELECT $1 || 'x'", &[&large])
            .await?
            .get::<_, String>(0)
            .len(),
    );

    let statement = client.prepare("SELECT $1::int4 + 1").await?;
    let pipelined = (0..50).map(|at: i32| {
        let (client, statement) = (&client, &statement);
        async move {
            client
                .query_one(statement, &[&at])
                .await
                .map(|row| row.get::<_, i32>(0))
        }
    });
    check("fifty at once", future::try_join_all(pipelined).await?);

    let sink = client
        .copy_in("COPY notes (word, amount) FROM STDIN")
        .await?;
    pin_mut!(sink);
    for row in 0..5000 {
        sink.send(bytes(format!("word {row}\t{}\n", f64::from(row) / 4.0)))
            .await?;
    }
    let copied = sink.as_mut().finish().await?;
    let out: Vec<_> = client
        .copy_out("COPY notes TO STDOUT (FORMAT csv)")
        .await?
        .try_collect()
        .await?;
    let same = client.copy_in("COPY notes (word) FROM STDIN").await?;
    pin_mut!(same);
    same.send(bytes("word 7\n".to_owned())).await?;
    let refused = refusal(same.as_mut().finish().await);
    let count = client
        .query_one("SELECT count(*) FROM notes", &[])
        .await?
        .get::<_, i64>(0);
    check(
        "copy",
        json!([
            copied,
            out.iter().map(|part| part.len()).sum::<usize>(),
            refused,
            count
        ]),
    );

    let mut rows = Box::pin(
        client
            .query_raw(
                "SELECT generate_series(1, 100000)",
                Vec::<&(dyn ToSql + Sync)>::new(),
            )
            .await?,
    );
    let first = rows.try_next().await?.map(|row| row.get::<_, i32>(0));
    drop(rows);
    check(
        "rows left half-way",
        json!([
            first,
            client
                .query_one("SELECT 'here'", &[])
                .await?
                .get::<_, String>(0)
        ]),
    );

    let mut transaction = client.transaction().await?;
    transaction
        .execute("INSERT INTO notes (word) VALUES ('gone')", &[])
        .await?;
    let inner = transaction.transaction().await?;
    let divided = refusal(inner.execute("SELECT 1 / 0", &[]).await);
    inner.rollback().await?;
    let portal = transaction
        .bind("SELECT generate_series(1, 10)", &[])
        .await?;
    let portions = [
        transaction.query_portal(&portal, 4).await?.len(),
        transaction.query_portal(&portal, 40).await?.len(),
    ];
    transaction.rollback().await?;
    check("transaction", json!([divided, portions]));

    let mut refusals = Vec::new();
    for sql in [
        "INSERT INTO notes (id) VALUES (1)",
        "SELEC 1",
        "SELECT * FROM pg_authid",
        "SELECT 'ü'::int",
    ] {
        let refused = client.execute(sql, &[]).await.expect_err(sql);
        refusals.push(format!("{:?}", refused.as_db_error()));
    }
    check("errors", refusals);

    let results = client
        .simple_query("SELECT 1; UPDATE notes SET amount = 0 WHERE id < 10; SELECT 'two', 2")
        .await?;
    let shown = results.iter().map(|message| match message {
        SimpleQueryMessage::Row(row) => format!("{:?}", row.get(0)),
        SimpleQueryMessage::CommandComplete(count) => count.to_string(),
        _ => "columns".to_owned(),
    });
    check("several statements in one", shown.collect::<Vec<_>>());

    client
        .batch_execute("DO $$ BEGIN RAISE NOTICE 'ünï'; END $$; LISTEN news; NOTIFY news, 'hello'")
        .await?;
    check(
        "notices and notifications",
        json!([heard.recv().await, heard.recv().await]),
    );

    let cancel = client.cancel_token();
    let cancelled = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        match authority() {
            None => cancel.cancel_query(NoTls).await,
            Some(file) => {
                cancel
                    .cancel_query(MakeRustlsConnect::new(trusting(&file)))
                    .await
            }
        }
    });
    let refused = client
        .execute("SELECT pg_sleep(30)", &[])
        .await
        .expect_err("it sleeps");
    cancelled.await.expect("no panic")?;
    check(
        "cancel",
        json!([
            format!("{:?}", refused.code()),
            client
                .query_one("SELECT 'here'", &[])
                .await?
                .get::<_, String>(0)
        ]),
    );
    client.batch_execute("DROP TABLE notes").await
}

type Bytes = std::io::Cursor<Vec<u8>>;

fn bytes(text: String) -> Bytes {
    std::io::Cursor::new(text.into_bytes())
}
