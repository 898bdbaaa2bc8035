// What programs do with lib/pq by database/sql: pq CONNECTION-STRING, with $DB_USER and $DB_PASSWORD.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	. "grantway/tests/drivers/go/checks"

	"github.com/lib/pq"
)

var ctx = context.Background()

func main() {
	address := Of(url.Parse(Address))
	address.User = url.UserPassword(User, Password)
	db := Of(sql.Open("postgres", address.String()))
	db.SetMaxOpenConns(3)
	var refused *pq.Error
	if err := db.Ping(); errors.As(err, &refused) && refused.Code.Class() == "28" {
		Check("refused", func() any { return string(refused.Code) + " " + refused.Message })
		return
	} else {
		Must(err)
	}
	execute(db, "DROP TABLE IF EXISTS notes")
	execute(db, "CREATE TABLE notes (id serial PRIMARY KEY, word text UNIQUE, amount numeric(10, 2))")

	Check("who", func() any { return query(db, "SELECT session_user, current_database()") })
	Check("values", func() any {
		return query(db, "SELECT $1::int4, $2::text, $3::bytea, $4::bool, $5::float8, $6::int4[], $7::timestamptz, $8::text",
			-1, "ünï 💶", []byte{0, 1, 255}, true, 3.25, pq.Array([]int{1, 2}), time.Unix(1_700_000_000, 0).UTC(), nil)
	})
	Check("prepared", func() any {
		var answers []any
		statement := Of(db.Prepare("SELECT $1::int + 1"))
		defer statement.Close()
		for at := range 10 {
			var answer int
			Must(statement.QueryRow(at).Scan(&answer))
			answers = append(answers, answer)
		}
		return answers
	})
	Check("copy in", func() any {
		tx := Of(db.Begin())
		statement := Of(tx.Prepare(pq.CopyIn("notes", "word", "amount")))
		for row := range 5000 {
			Of(statement.Exec(fmt.Sprint("word ", row), row))
		}
		Of(statement.Exec())
		Must(statement.Close())
		Must(tx.Commit())
		tx = Of(db.Begin())
		statement = Of(tx.Prepare(pq.CopyIn("notes", "word")))
		Of(statement.Exec("word 7"))
		_, same := statement.Exec()
		Must(tx.Rollback())
		return []any{Refusal(same), query(db, "SELECT count(*), sum(amount)::text FROM notes")}
	})
	Check("transactions", func() any {
		tx := Of(db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true}))
		_, refused := tx.Exec("INSERT INTO notes (word) VALUES ('gone')")
		_, then := tx.Exec("SELECT 1")
		return []any{Refusal(refused), Refusal(then), Refusal(tx.Commit())}
	})
	Check("errors", func() any {
		var answers []any
		for _, text := range []string{"INSERT INTO notes (id) VALUES (1)", "SELEC 1", "SELECT * FROM pg_authid", "SELECT 'ü'::int"} {
			_, err := db.Exec(text)
			answers = append(answers, err)
		}
		return answers
	})
	Check("several results", func() any {
		var answers []any
		rows := Of(db.Query("SELECT 1; SELECT 'two', 2"))
		defer rows.Close()
		for more := true; more; more = rows.NextResultSet() {
			answers = append(answers, all(rows))
		}
		return answers
	})
	Check("a deadline ends the statement at the server", func() any {
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		_, err := db.ExecContext(short, "SELECT pg_sleep(30), 'by deadline'")
		for {
			var running int
			Must(db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%by deadline%' AND pid <> pg_backend_pid()").Scan(&running))
			if running == 0 {
				return Refusal(err)
			}
		}
	})
	Check("listener", func() any {
		listener := pq.NewListener(address.String(), time.Second, time.Second, nil)
		defer listener.Close()
		Must(listener.Listen("news"))
		execute(db, "NOTIFY news, 'hello'")
		heard := <-listener.Notify
		Must(listener.Ping())
		return []any{heard.Channel, heard.Extra}
	})
	execute(db, "DROP TABLE notes")
	Must(db.Close())
}

func execute(db *sql.DB, text string) { Of(db.Exec(text)) }

func query(db *sql.DB, text string, values ...any) any {
	rows := Of(db.Query(text, values...))
	defer rows.Close()
	return all(rows)
}

func all(rows *sql.Rows) [][]any {
	var found [][]any
	for rows.Next() {
		row := make([]any, len(Of(rows.Columns())))
		places := make([]any, len(row))
		for at := range row {
			places[at] = &row[at]
		}
		Must(rows.Scan(places...))
		found = append(found, row)
	}
	Must(rows.Err())
	return found
}
