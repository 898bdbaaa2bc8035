// What programs do with pgx: pgx CONNECTION-STRING, with $DB_USER and $DB_PASSWORD.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	. "grantway/tests/drivers/go/checks"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

var ctx = context.Background()

func main() {
	config := Of(pgxpool.ParseConfig(Address))
	config.BeforeConnect = func(_ context.Context, one *pgx.ConnConfig) error {
		one.User, one.Password = User, Password
		return nil
	}
	config.MaxConns = 3
	var notices []string
	config.ConnConfig.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		notices = append(notices, notice.Severity+" "+notice.Message)
	}
	Must(config.BeforeConnect(ctx, config.ConnConfig))
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code[:2] == "28" {
		Check("refused", func() any { return refused.Code + " " + refused.Message })
		return
	}
	Must(err)
	execute(conn, "DROP TABLE IF EXISTS notes")
	execute(conn, "CREATE TABLE notes (id serial PRIMARY KEY, word text UNIQUE, amount numeric(10, 2))")

	Check("who", func() any { return query(conn, "SELECT session_user, current_database()") })
	Check("values", func() any {
		return query(conn, "SELECT $1::int4, $2::int8, $3::text, $4::bytea, $5::bool, $6::float8, $7::int4[], $8::timestamptz, $9::jsonb, $10::text",
			-1, int64(1)<<62, "ünï 💶", []byte{0, 1, 255}, true, 3.25, []int32{1, 2, 3}, time.Unix(1_700_000_000, 123_000).UTC(), map[string]int{"a": 1}, nil)
	})
	Check("large value", func() any {
		var text string
		Must(conn.QueryRow(ctx, "SELECT $1::text || 'x'", strings.Repeat("ü", 3_000_000)).Scan(&text))
		return len(text)
	})
	Check("prepared", func() any {
		var answers []any
		Of(conn.Prepare(ctx, "named", "SELECT $1::int + 1, $2::text"))
		for at := range 10 {
			answers = append(answers, query(conn, "named", at, fmt.Sprint("time ", at)))
		}
		Must(conn.Deallocate(ctx, "named"))
		return append(answers, Refusal(conn.QueryRow(ctx, "EXECUTE named(1, 'x')").Scan()))
	})
	Check("many statements in the cache", func() any {
		sum := 0
		for number := range 700 {
			var answer int
			Must(conn.QueryRow(ctx, fmt.Sprintf("SELECT $1::int + %d", number), number).Scan(&answer))
			sum += answer
		}
		return sum
	})
	Check("a statement of the cache whose table changes", func() any {
		execute(conn, "CREATE TEMPORARY TABLE changing AS SELECT 1 AS a")
		first := query(conn, "SELECT * FROM changing")
		execute(conn, "ALTER TABLE changing ADD COLUMN b int DEFAULT 2")
		_, err := conn.Exec(ctx, "SELECT * FROM changing")
		return []any{first, Refusal(err)}
	})
	Check("copy from", func() any {
		count := Of(conn.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"word", "amount"}, pgx.CopyFromSlice(5000, func(row int) ([]any, error) {
			return []any{fmt.Sprint("word ", row), float64(row) / 4}, nil
		})))
		_, same := conn.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"word"}, pgx.CopyFromRows([][]any{{"word 7"}}))
		_, own := conn.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"word"}, pgx.CopyFromSlice(5, func(row int) ([]any, error) {
			return []any{"x"}, errors.New("no more")
		}))
		return []any{count, Refusal(same), Refusal(own), query(conn, "SELECT count(*), sum(amount)::text FROM notes")}
	})
	Check("batch", func() any {
		batch := &pgx.Batch{}
		for at := range 200 {
			batch.Queue("SELECT $1::int * 2", at)
		}
		batch.Queue("INSERT INTO notes (word) VALUES ($1) RETURNING word", "from a batch")
		results := conn.SendBatch(ctx, batch)
		sum := 0
		for range 200 {
			var answer int
			Must(results.QueryRow().Scan(&answer))
			sum += answer
		}
		var word string
		Must(results.QueryRow().Scan(&word))
		Must(results.Close())
		failing := &pgx.Batch{}
		failing.Queue("INSERT INTO notes (word) VALUES ('rolled back')")
		failing.Queue("SELECT 1 / 0")
		failing.Queue("SELECT 1")
		failed := conn.SendBatch(ctx, failing).Close()
		return []any{sum, word, Refusal(failed), query(conn, "SELECT count(*) FROM notes WHERE word = 'rolled back'")}
	})
	Check("pipeline", func() any {
		pipeline := conn.PgConn().StartPipeline(ctx)
		for at := range 20 {
			pipeline.SendQueryParams(fmt.Sprint("SELECT ", at), nil, nil, nil, nil)
		}
		pipeline.SendQueryParams("SELECT nothing_here", nil, nil, nil, nil)
		Must(pipeline.Sync())
		pipeline.SendQueryParams("SELECT 'after'", nil, nil, nil, nil)
		Must(pipeline.Sync())
		var answers []string
		for len(answers) < 24 {
			switch result, err := pipeline.GetResults(); result := result.(type) {
			case *pgconn.ResultReader:
				answers = append(answers, fmt.Sprintf("%s", result.Read().Rows))
			case *pgconn.PipelineSync:
				answers = append(answers, "sync")
			default:
				answers = append(answers, Refusal(err))
			}
		}
		Must(pipeline.Close())
		return answers
	})
	Check("transactions", func() any {
		tx := Of(conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable}))
		Of(tx.Exec(ctx, "INSERT INTO notes (word) VALUES ('gone')"))
		inner := Of(tx.Begin(ctx))
		_, divided := inner.Exec(ctx, "SELECT 1 / 0")
		Must(inner.Rollback(ctx))
		_, refused := tx.Exec(ctx, "SELECT nothing_here")
		return []any{Refusal(divided), Refusal(refused), Refusal(tx.Commit(ctx)), query(conn, "SELECT count(*) FROM notes WHERE word = 'gone'")}
	})
	Check("errors", func() any {
		var answers []any
		for _, sql := range []string{"INSERT INTO notes (id) VALUES (1)", "SELEC 1", "SELECT * FROM pg_authid", "SELECT 'ü'::int"} {
			var refused *pgconn.PgError
			_, err := conn.Exec(ctx, sql)
			if !errors.As(err, &refused) {
				panic(sql)
			}
			answers = append(answers, refused)
		}
		return answers
	})
	Check("several statements in one", func() any {
		var answers []string
		results := conn.PgConn().Exec(ctx, "SELECT 1; UPDATE notes SET amount = 0 WHERE id < 10; SELECT 'two', 2")
		for results.NextResult() {
			result := results.ResultReader().Read()
			answers = append(answers, fmt.Sprintf("%s %s", result.CommandTag, result.Rows))
		}
		Must(results.Close())
		return answers
	})
	Check("notices and notifications", func() any {
		execute(conn, "DO $$ BEGIN RAISE NOTICE 'ünï'; END $$")
		execute(conn, "LISTEN news")
		execute(conn, "NOTIFY news, 'hello'")
		heard := Of(conn.WaitForNotification(ctx))
		return []any{notices, heard.Channel, heard.Payload}
	})
	Check("a deadline ends the statement at the server", func() any {
		pool := Of(pgxpool.NewWithConfig(ctx, config))
		defer pool.Close()
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		_, err := pool.Exec(short, "SELECT pg_sleep(30), 'by deadline'")
		for {
			var running int
			Must(pool.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%by deadline%' AND pid <> pg_backend_pid()").Scan(&running))
			if running == 0 {
				return errors.Is(err, context.DeadlineExceeded)
			}
		}
	})
	Check("cancel request", func() any {
		go func() {
			time.Sleep(500 * time.Millisecond)
			Must(conn.PgConn().CancelRequest(ctx))
		}()
		_, err := conn.Exec(ctx, "SELECT pg_sleep(30)")
		return []any{Refusal(err), query(conn, "SELECT 'here'")}
	})
	Check("pool", func() any {
		config := config.Copy()
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
		pool := Of(pgxpool.NewWithConfig(ctx, config))
		defer pool.Close()
		answers := make(chan int)
		for at := range 50 {
			go func() {
				var answer int
				Must(pool.QueryRow(ctx, "SELECT $1::int", at).Scan(&answer))
				answers <- answer
			}()
		}
		sum := 0
		for range 50 {
			sum += <-answers
		}
		return sum
	})
	execute(conn, "DROP TABLE notes")
	Must(conn.Close(ctx))
}

func execute(conn *pgx.Conn, sql string) { Of(conn.Exec(ctx, sql)) }

func query(conn *pgx.Conn, sql string, values ...any) any {
	rows := Of(conn.Query(ctx, sql, values...))
	return Of(pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() }))
}
