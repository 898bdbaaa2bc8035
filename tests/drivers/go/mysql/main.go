// What programs do with go-sql-driver/mysql: mysql DSN, with $DB_USER and $DB_PASSWORD; $DB_CA has the authority's file.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	. "grantway/tests/drivers/go/checks"

	"github.com/go-sql-driver/mysql"
)

var ctx = context.Background()

func main() {
	if authority := os.Getenv("DB_CA"); authority != "" {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(Of(os.ReadFile(authority)))
		Must(mysql.RegisterTLSConfig("grantway", &tls.Config{RootCAs: roots}))
	}
	config := Of(mysql.ParseDSN(Address))
	Must(config.Apply(mysql.BeforeConnect(func(_ context.Context, one *mysql.Config) error {
		one.User, one.Passwd = User, Password
		return nil
	})))
	db := sql.OpenDB(Of(mysql.NewConnector(config)))
	db.SetMaxOpenConns(3)
	var refused *mysql.MySQLError
	if err := db.Ping(); errors.As(err, &refused) && string(refused.SQLState[:]) == "28000" {
		Check("refused", func() any { return Refusal(refused) })
		return
	} else {
		Must(err)
	}
	execute(db, "DROP TABLE IF EXISTS notes")
	execute(db, "CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(100) UNIQUE, amount DECIMAL(10, 2))")

	Check("who", func() any { return query(db, "SELECT CURRENT_USER(), DATABASE(), @@character_set_client") })
	Check("values", func() any {
		return query(db, "SELECT ?, ?, ?, ?, ?, ?, ?, CAST('-01:02:03.5' AS TIME(1))", -1, uint64(1)<<63, "ünï 💶", []byte{0, 1, 255}, 3.25, time.Unix(1_700_000_000, 123_000).UTC(), nil)
	})
	Check("large value", func() any {
		var text string
		Must(db.QueryRow("SELECT CONCAT(?, 'x')", strings.Repeat("ü", 4_000_000)).Scan(&text))
		return len(text)
	})
	Check("prepared", func() any {
		statement := Of(db.Prepare("SELECT ? + 1, CONCAT(?, '')"))
		defer statement.Close()
		var answers []any
		for at := range 10 {
			rows := Of(statement.Query(at, fmt.Sprint("time ", at)))
			answers = append(answers, all(rows))
		}
		_, twice := db.Prepare("SELECT 1; SELECT 2")
		return append(answers, Refusal(twice))
	})
	Check("inserts", func() any {
		var last sql.Result
		for row := range 300 {
			last = Of(db.Exec("INSERT INTO notes (word, amount) VALUES (?, ?)", fmt.Sprint("word ", row), float64(row)/4))
		}
		return []any{Of(last.LastInsertId()), Of(last.RowsAffected()), Of(Of(db.Exec("UPDATE notes SET amount = 1 WHERE id < 10")).RowsAffected())}
	})
	Check("rows left half-way", func() any {
		rows := Of(db.Query("SELECT a.id FROM notes a JOIN notes b"))
		rows.Next()
		Must(rows.Close())
		return query(db, "SELECT 'here'")
	})
	Check("transactions", func() any {
		tx := Of(db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}))
		Of(tx.Exec("INSERT INTO notes (word) VALUES ('gone')"))
		Must(tx.Rollback())
		read := Of(db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}))
		_, refused := read.Exec("INSERT INTO notes (word) VALUES ('no')")
		Must(read.Rollback())
		return []any{Refusal(refused), query(db, "SELECT COUNT(*) FROM notes WHERE word = 'gone'")}
	})
	Check("errors", func() any {
		var answers []any
		for _, text := range []string{"INSERT INTO notes (id) VALUES (1)", "SELEC 1", "SELECT * FROM mysql.user", "SELECT 1; SELECT nothing_here"} {
			_, err := db.Exec(text)
			answers = append(answers, Refusal(err))
		}
		return answers
	})
	if config.MultiStatements {
		Check("several results", func() any {
			var answers []any
			rows := Of(db.Query("SELECT 1; SELECT 'two', 2"))
			defer rows.Close()
			for more := true; more; more = rows.NextResultSet() {
				answers = append(answers, all(rows))
			}
			return answers
		})
	}
	Check("a file of the client", func() any {
		mysql.RegisterReaderHandler("rows", func() io.Reader {
			return strings.NewReader("from a reader\t1.50\nanother ü\t2\n")
		})
		loaded := Of(db.Exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE notes (word, amount)"))
		return []any{Of(loaded.RowsAffected()), query(db, "SELECT word FROM notes ORDER BY id DESC LIMIT 2")}
	})
	Check("a deadline ends the connection", func() any {
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		_, err := db.ExecContext(short, "SELECT SLEEP(3), 'by deadline'")
		return []any{Refusal(err), query(db, "SELECT 'here'")}
	})
	Check("pool", func() any {
		answers := make(chan int)
		for at := range 50 {
			go func() {
				var answer int
				Must(db.QueryRow("SELECT ?", at).Scan(&answer))
				answers <- answer
			}()
		}
		sum := 0
		for range 50 {
			sum += <-answers
		}
		return sum
	})
	execute(db, "DROP TABLE notes")
	Must(db.Close())
}

func execute(db *sql.DB, text string) { Of(db.Exec(text)) }

func query(db *sql.DB, text string, values ...any) any { return all(Of(db.Query(text, values...))) }

func all(rows *sql.Rows) []string {
	var found []string
	for rows.Next() {
		row := make([]any, len(Of(rows.Columns())))
		places := make([]any, len(row))
		for at := range row {
			places[at] = &row[at]
		}
		Must(rows.Scan(places...))
		found = append(found, fmt.Sprintf("%q", row))
	}
	Must(rows.Err())
	return found
}
