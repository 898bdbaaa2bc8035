//! What programs do with mysql_async: mysql HOST:PORT/DATABASE, with $DB_USER, $DB_PASSWORD and $DB_CA.

use drivers::{address, authority, check, password, refusal, user};
use futures_util::future;
use mysql_async::prelude::{Query, Queryable, WithParams};
use mysql_async::{Error, OptsBuilder, Pool, PoolConstraints, PoolOpts, SslOpts, Value, params};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let opts = mysql_async::Opts::from_url(&format!("mysql://{}", address()))?;
    let constraints = PoolConstraints::new(1, 3).expect("constraints");
    let opts = OptsBuilder::from_opts(opts)
        .user(Some(user()))
        .pass(Some(password()))
        .pool_opts(PoolOpts::default().with_constraints(constraints))
        .ssl_opts(authority().map(|file| {
            SslOpts::default()
                .with_root_certs(vec![std::path::PathBuf::from(file).into()])
                .with_disable_built_in_roots(true)
        }));
    let pool = Pool::new(opts);
    match pool.get_conn().await {
        Ok(_) => work(&pool).await?,
        Err(Error::Server(refused)) => check("refused", refused.to_string()),
        Err(error) => return Err(error),
    }
    pool.disconnect().await
}

async fn work(pool: &Pool) -> Result<(), Error> {
    let mut conn = pool.get_conn().await?;
    conn.query_drop("DROP TABLE IF EXISTS notes").await?;
    conn.query_drop("CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(100) UNIQUE, amount DOUBLE)").await?;

    let who: Option<(String, String, String)> = conn
        .query_first("SELECT VERSION(), CURRENT_USER(), DATABASE()")
        .await?;
    check("who", json!(who));
    let values = (
        -1,
        u64::MAX,
        "ünï 💶",
        vec![0u8, 1, 255],
        3.25,
        None::<String>,
    );
    let row: Option<mysql_async::Row> = conn
        .exec_first(
            "SELECT ?, ?, ?, ?, ?, ?, CAST('-01:02:03.5' AS TIME(1))",
            values,
        )
        .await?;
    check("values", format!("{:?}", row.map(mysql_async::Row::unwrap)));
    let large: Option<String> = conn
        .exec_first("SELECT CONCAT(?, 'x')", ("ü".repeat(4_000_000),))
        .await?;
    check("large value", large.unwrap_or_default().len());

    let mut answers = Vec::new();
    for at in 0..10 {
        let row: Option<(Value, String)> = conn
            .exec_first(
                "SELECT :at + 1, CONCAT(:word, '')",
                params! { at, "word" => format!("time {at}") },
            )
            .await?;
        answers.push(format!("{row:?}"));
    }
    check("prepared", answers);

    let rows = (0..500).map(|row| (format!("word {row}"), f64::from(row) / 4.0));
    conn.exec_batch("INSERT INTO notes (word, amount) VALUES (?, ?)", rows)
        .await?;
    let sum: Option<(u64, f64)> = conn
        .query_first("SELECT COUNT(*), SUM(amount) FROM notes")
        .await?;
    check(
        "batch",
        json!([sum, conn.last_insert_id(), conn.affected_rows()]),
    );

    let mut transaction = conn
        .start_transaction(mysql_async::TxOpts::default())
        .await?;
    transaction
        .query_drop("INSERT INTO notes (word) VALUES ('gone')")
        .await?;
    transaction.rollback().await?;
    let gone: Option<u64> = conn
        .query_first("SELECT COUNT(*) FROM notes WHERE word = 'gone'")
        .await?;
    check("transaction", json!(gone));

    let mut refusals = Vec::new();
    for sql in [
        "INSERT INTO notes (id) VALUES (1)",
        "SELEC 1",
        "SELECT * FROM mysql.user",
        "SELECT nothing_here",
    ] {
        refusals.push(refusal(conn.query_drop(sql).await));
    }
    check("errors", refusals);

    let mut results = conn
        .query_iter("SELECT 1; UPDATE notes SET amount = 0 WHERE id < 4; SELECT 'two', 2")
        .await?;
    let mut several = Vec::new();
    while !results.is_empty() || several.len() < 3 {
        let rows: Vec<mysql_async::Row> = results.collect().await?;
        several.push(format!(
            "{:?}",
            rows.into_iter()
                .map(mysql_async::Row::unwrap)
                .collect::<Vec<_>>()
        ));
    }
    drop(results);
    check("several statements in one", several);

    let left = conn
        .query_iter("SELECT a.id FROM notes a JOIN notes b")
        .await?;
    drop(left);
    let here: Option<String> = conn.query_first("SELECT 'here'").await?;
    check("rows left half-way", json!(here));

    conn.query_drop("SET @mine = 7").await?;
    conn.reset().await?;
    let mine: Option<Option<u64>> = conn.query_first("SELECT @mine").await?;
    let ping = refusal(conn.ping().await);
    check("reset", json!([mine, ping]));

    let asked = (0..50u64).map(|at| "SELECT ?".with((at,)).first::<u64, _>(pool));
    let sum: u64 = future::try_join_all(asked)
        .await?
        .into_iter()
        .flatten()
        .sum();
    check("pool", sum);
    "DROP TABLE notes".ignore(&mut conn).await
}
