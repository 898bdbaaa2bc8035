import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObjectManager;
import org.postgresql.util.PSQLException;

/** What programs do with pgjdbc: Pgjdbc URL, with $DB_USER and $DB_PASSWORD. */
public class Pgjdbc {
  private static final String USER = System.getenv("DB_USER");
  private static final String PASSWORD = System.getenv("DB_PASSWORD");

  public static void main(String[] arguments) throws Exception {
    var url = arguments[0];
    try (var connection = DriverManager.getConnection(url, USER, PASSWORD)) {
      try (var statement = connection.createStatement()) {
        statement.execute("DROP TABLE IF EXISTS notes");
        statement.execute("CREATE TABLE notes (id serial PRIMARY KEY, word text UNIQUE, amount numeric(10, 2))");
      }
      signIn(connection);
      values(connection);
      prepared(connection);
      batches(connection);
      cursors(connection);
      transactions(connection);
      errors(connection);
      cancels(connection);
      copies(connection.unwrap(PGConnection.class), connection);
      severalResults(connection);
      // Driven by simple queries, the driver itself cannot call a function.
      if (!url.contains("preferQueryMode=simple")) routines(connection);
      notifications(connection);
      largeObjects(connection);
      settings(connection);
    } catch (SQLException refused) {
      if (refused.getStackTrace().length > 0 && refused.getSQLState() != null && refused.getSQLState().startsWith("28")) {
        Checks.check("refused", () -> refused.getSQLState() + " " + refused.getMessage());
        return;
      }
      throw refused;
    }
    pool(url);
  }

  private static void signIn(Connection connection) throws Exception {
    Checks.check("who", () -> query(connection, "SELECT session_user, current_database()"));
    Checks.check("metadata", () -> {
      var about = connection.getMetaData();
      return List.of(
          about.getDatabaseProductName(),
          about.getDatabaseProductVersion(),
          Checks.rows(about.getTables(null, "public", "notes", null)),
          Checks.rows(about.getColumns(null, "public", "notes", null)),
          Checks.rows(about.getPrimaryKeys(null, "public", "notes")));
    });
  }

  private static void values(Connection connection) throws Exception {
    Checks.check("values", () -> {
      try (var statement = connection.prepareStatement("SELECT ?::int4, ?::int8, ?::numeric, ?::text, encode(?::bytea, 'hex'), ?::bool,"
          + " ?::float8, ?::uuid, ?::jsonb, ?::int4[], ?::timestamptz, ?::text")) {
        Object[] values = {-1, Long.MAX_VALUE, new java.math.BigDecimal("12345678901234567890.12"), "ünï 💶",
            new byte[] {0, 1, -1}, true, Math.PI, java.util.UUID.fromString("7d444840-9dc0-11d1-b245-5ffdce74fad2"),
            "{\"a\": 1}", connection.createArrayOf("int4", new Object[] {1, null, 3}),
            java.time.OffsetDateTime.parse("2024-02-29T12:00:00.123456Z"), null};
        for (int at = 0; at < values.length; at += 1) statement.setObject(at + 1, values[at]);
        return Checks.rows(statement.executeQuery());
      }
    });
    Checks.check("large values", () -> {
      try (var statement = connection.prepareStatement("SELECT ?::text || 'x', ?::bytea")) {
        statement.setString(1, "ü".repeat(2_000_000));
        statement.setBytes(2, new byte[3_000_000]);
        try (var results = statement.executeQuery()) {
          results.next();
          return List.of(results.getString(1).length(), results.getBytes(2).length);
        }
      }
    });
  }

  /** From the fifth time on the driver names the statement, and asks for binary values. */
  private static void prepared(Connection connection) throws Exception {
    Checks.check("prepared", () -> {
      var answers = new ArrayList<>();
      try (var statement = connection.prepareStatement("SELECT ?::int + 1, ?::text, now() IS NOT NULL")) {
        for (int time = 1; time <= 12; time += 1) {
          statement.setInt(1, time);
          statement.setString(2, "time " + time);
          answers.add(Checks.rows(statement.executeQuery()));
        }
      }
      return answers;
    });
    Checks.check("a prepared statement whose table changes", () -> {
      var answers = new ArrayList<>();
      try (var statement = connection.prepareStatement("SELECT * FROM changing"); var other = connection.createStatement()) {
        other.execute("CREATE TEMPORARY TABLE changing AS SELECT 1 AS a");
        for (int time = 1; time <= 8; time += 1) answers.add(Checks.rows(statement.executeQuery()));
        other.execute("ALTER TABLE changing ADD COLUMN b int DEFAULT 2");
        answers.add(Checks.rows(statement.executeQuery()));
        other.execute("DISCARD ALL");
        answers.add(Checks.refusal(() -> statement.executeQuery()));
      }
      return answers;
    });
    Checks.check("prepared statements closed by the driver", () -> {
      int sum = 0;
      for (int number = 0; number < 300; number += 1) {
        try (var statement = connection.prepareStatement("SELECT ?::int + " + number)) {
          for (int time = 0; time < 6; time += 1) {
            statement.setInt(1, time);
            try (var results = statement.executeQuery()) {
              results.next();
              sum += results.getInt(1);
            }
          }
        }
      }
      return sum;
    });
  }

  private static void batches(Connection connection) throws Exception {
    Checks.check("batch", () -> {
      try (var statement = connection.prepareStatement("INSERT INTO notes (word, amount) VALUES (?, ?)")) {
        for (int row = 1; row <= 1000; row += 1) {
          statement.setString(1, "word " + row);
          statement.setBigDecimal(2, java.math.BigDecimal.valueOf(row, 2));
          statement.addBatch();
        }
        return Arrays.stream(statement.executeBatch()).map(Math::abs).distinct().toArray();
      }
    });
    Checks.check("batch with a refused row", () -> {
      try (var statement = connection.prepareStatement("INSERT INTO notes (word) VALUES (?)")) {
        for (var word : List.of("fresh", "word 7", "fresher")) {
          statement.setString(1, word);
          statement.addBatch();
        }
        statement.executeBatch();
        return "not refused";
      } catch (BatchUpdateException refused) {
        return List.of(refused.getSQLState(), refused.getUpdateCounts(), refused.getMessage());
      }
    });
    Checks.check("generated keys", () -> {
      try (var statement = connection.prepareStatement("INSERT INTO notes (word) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
        statement.setString(1, "one");
        statement.executeUpdate();
        var one = Checks.rows(statement.getGeneratedKeys());
        for (var word : List.of("two", "three")) {
          statement.setString(1, word);
          statement.addBatch();
        }
        statement.executeBatch();
        return List.of(one, Checks.rows(statement.getGeneratedKeys()));
      }
    });
    Checks.check("counted", () -> query(connection, "SELECT count(*), sum(amount) FROM notes"));
  }

  private static void cursors(Connection connection) throws Exception {
    Checks.check("fetch size", () -> {
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.setFetchSize(50);
        long sum = 0;
        try (var results = statement.executeQuery("SELECT generate_series(1, 5000)")) {
          while (results.next()) sum += results.getInt(1);
        }
        try (var left = statement.executeQuery("SELECT generate_series(1, 5000)")) {
          left.next();
        }
        return List.of(sum, query(connection, "SELECT 'after one left half-way'"));
      } finally {
        connection.commit();
        connection.setAutoCommit(true);
      }
    });
    Checks.check("scrollable and updatable", () -> {
      try (var statement = connection.createStatement(java.sql.ResultSet.TYPE_SCROLL_INSENSITIVE, java.sql.ResultSet.CONCUR_UPDATABLE);
          var results = statement.executeQuery("SELECT id, word FROM notes ORDER BY id LIMIT 3")) {
        results.absolute(2);
        results.updateString("word", "changed");
        results.updateRow();
        results.last();
        results.deleteRow();
        return query(connection, "SELECT id, word FROM notes ORDER BY id LIMIT 3");
      }
    });
  }

  private static void transactions(Connection connection) throws Exception {
    Checks.check("transactions", () -> {
      var answers = new ArrayList<>();
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.executeUpdate("INSERT INTO notes (word) VALUES ('gone')");
        var savepoint = connection.setSavepoint("here");
        answers.add(Checks.refusal(() -> statement.execute("SELECT 1 / 0")));
        answers.add(Checks.refusal(() -> statement.execute("SELECT 1")));
        connection.rollback(savepoint);
        answers.add(query(connection, "SELECT count(*) FROM notes WHERE word = 'gone'"));
        connection.rollback();
        answers.add(query(connection, "SELECT count(*) FROM notes WHERE word = 'gone'"));
        answers.add(Checks.refusal(() -> statement.execute("SELECT 1 / 0")));
        answers.add(Checks.refusal(connection::commit));
        connection.rollback();
        connection.setReadOnly(true);
        answers.add(Checks.refusal(() -> statement.execute("INSERT INTO notes (word) VALUES ('no')")));
        connection.rollback();
      } finally {
        connection.setReadOnly(false);
        connection.setAutoCommit(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      return answers;
    });
  }

  private static void errors(Connection connection) throws Exception {
    var refused = List.of(
        "INSERT INTO notes (id, word) VALUES (1, 'x')",
        "SELECT * FROM nothing_here",
        "SELEC 1",
        "SELECT * FROM pg_authid",
        "SELECT 'ü'::int",
        "SET ROLE postgres",
        "COPY notes TO '/tmp/x'");
    for (var sql : refused) {
      Checks.check(sql, () -> {
        try (var statement = connection.createStatement()) {
          statement.execute(sql);
          return "not refused";
        } catch (PSQLException error) {
          var said = error.getServerErrorMessage();
          return Arrays.asList(error.getSQLState(), error.getMessage(), said.getSeverity(), said.getDetail(), said.getHint(),
              said.getPosition(), said.getTable(), said.getConstraint(), said.getRoutine());
        }
      });
    }
    Checks.check("notices", () -> {
      try (var statement = connection.createStatement()) {
        statement.execute("DO $$ BEGIN RAISE NOTICE 'first'; RAISE WARNING 'second ü'; END $$");
        var said = new ArrayList<String>();
        for (var warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
          said.add(warning.getSQLState() + " " + warning.getMessage());
        }
        return said;
      }
    });
  }

  private static void cancels(Connection connection) throws Exception {
    Checks.check("query timeout", () -> {
      try (var statement = connection.createStatement()) {
        statement.setQueryTimeout(1);
        return Checks.refusal(() -> statement.execute("SELECT pg_sleep(30)"));
      }
    });
    Checks.check("cancel", () -> {
      try (var statement = connection.createStatement()) {
        return Checks.cancelled(() -> statement.execute("SELECT pg_sleep(30)"), statement::cancel);
      }
    });
    Checks.check("after the cancels", () -> List.of(connection.isValid(2), query(connection, "SELECT 'here'")));
  }

  private static void copies(PGConnection postgres, Connection connection) throws Exception {
    Checks.check("copy in and out", () -> {
      try (var statement = connection.createStatement()) {
        statement.execute("CREATE TEMPORARY TABLE copied (n int, word text)");
      }
      var copy = postgres.getCopyAPI();
      var text = new StringBuilder();
      for (int row = 0; row < 20_000; row += 1) text.append(row).append("\tword ü ").append(row).append('\n');
      long in = copy.copyIn("COPY copied FROM STDIN", new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)));
      var out = new ByteArrayOutputStream();
      long gone = copy.copyOut("COPY copied TO STDOUT (FORMAT csv, HEADER)", out);
      return List.of(in, gone, out.size(), query(connection, "SELECT sum(n) FROM copied"));
    });
    Checks.check("copies that fail", () -> {
      var copy = postgres.getCopyAPI();
      var answers = new ArrayList<>();
      answers.add(Checks.refusal(() -> copy.copyIn("COPY copied FROM STDIN", new ByteArrayInputStream("x\ty\n".getBytes()))));
      var given = copy.copyIn("COPY copied FROM STDIN");
      given.writeToCopy("1\tone\n".getBytes(), 0, 6);
      answers.add(Checks.refusal(given::cancelCopy));
      answers.add(query(connection, "SELECT count(*) FROM copied"));
      return answers;
    });
  }

  private static void severalResults(Connection connection) throws Exception {
    Checks.check("several statements in one", () -> {
      var answers = new ArrayList<>();
      try (var statement = connection.createStatement()) {
        var isRows = statement.execute("SELECT 1; UPDATE notes SET amount = 0 WHERE id < 10; SELECT 'two', 2; SELECT");
        while (isRows || statement.getUpdateCount() >= 0) {
          answers.add(isRows ? Checks.rows(statement.getResultSet()) : statement.getUpdateCount());
          isRows = statement.getMoreResults();
        }
        answers.add(Checks.refusal(() -> statement.execute("SELECT 1; SELECT 1 / 0; SELECT 3")));
        statement.execute("");
      }
      return answers;
    });
  }

  private static void routines(Connection connection) throws Exception {
    Checks.check("routines", () -> {
      try (var statement = connection.createStatement()) {
        statement.execute("CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'");
        statement.execute("CREATE OR REPLACE PROCEDURE thrice(INOUT n int) LANGUAGE plpgsql AS 'BEGIN n := n * 3; COMMIT; END'");
        statement.execute("CREATE OR REPLACE FUNCTION opened() RETURNS refcursor LANGUAGE plpgsql AS"
            + " 'DECLARE c refcursor; BEGIN OPEN c FOR SELECT generate_series(1, 3); RETURN c; END'");
      }
      var answers = new ArrayList<>();
      try (var call = connection.prepareCall("{? = call twice(?)}")) {
        call.registerOutParameter(1, Types.INTEGER);
        call.setInt(2, 21);
        call.execute();
        answers.add(call.getInt(1));
      }
      try (var call = connection.prepareCall("CALL thrice(?)")) {
        call.setInt(1, 14);
        call.execute();
        answers.add(Checks.rows(call.getResultSet()));
      }
      connection.setAutoCommit(false);
      try (var call = connection.prepareCall("{? = call opened()}")) {
        call.registerOutParameter(1, Types.REF_CURSOR);
        call.execute();
        answers.add(Checks.rows((java.sql.ResultSet) call.getObject(1)));
      } finally {
        connection.rollback();
        connection.setAutoCommit(true);
      }
      return answers;
    });
  }

  private static void notifications(Connection connection) throws Exception {
    Checks.check("notifications", () -> {
      try (var statement = connection.createStatement()) {
        statement.execute("LISTEN news");
        statement.execute("NOTIFY news, 'hello ü'");
        var heard = connection.unwrap(PGConnection.class).getNotifications(10_000);
        return List.of(heard.length, heard[0].getName(), heard[0].getParameter());
      }
    });
  }

  /** By function calls of the protocol, which nothing else uses any more. */
  private static void largeObjects(Connection connection) throws Exception {
    Checks.check("large objects", () -> {
      connection.setAutoCommit(false);
      var objects = connection.unwrap(PGConnection.class).getLargeObjectAPI();
      long id = objects.createLO();
      try (var object = objects.open(id, LargeObjectManager.READWRITE)) {
        object.write(new byte[1_000_000]);
        object.write("end".getBytes());
        object.seek(1_000_000);
        return List.of(object.size(), new String(object.read(10)));
      } finally {
        objects.delete(id);
        connection.commit();
        connection.setAutoCommit(true);
      }
    });
  }

  private static void settings(Connection connection) throws Exception {
    Checks.check("settings", () -> {
      connection.setClientInfo("ApplicationName", "a program");
      connection.setNetworkTimeout(Runnable::run, 60_000);
      connection.setSchema("pg_catalog");
      var answers = List.of(query(connection, "SHOW application_name"), query(connection, "SHOW search_path"),
          query(connection, "SHOW client_encoding"), query(connection, "SHOW DateStyle"), query(connection, "SHOW extra_float_digits"),
          query(connection, "SHOW TimeZone"));
      connection.setSchema("public");
      return answers;
    });
  }

  private static void pool(String url) throws Exception {
    Checks.check("pool", () -> {
      var config = new HikariConfig();
      config.setJdbcUrl(url);
      config.setCredentialsProvider(() -> Credentials.of(USER, PASSWORD));
      config.setMaximumPoolSize(3);
      config.setConnectionInitSql("SET work_mem = '5MB'");
      int sum = 0;
      try (var pool = new HikariDataSource(config)) {
        for (int time = 0; time < 30; time += 1) {
          try (var first = pool.getConnection(); var second = pool.getConnection()) {
            first.setAutoCommit(false);
            query(first, "SELECT " + time);
            sum += Integer.parseInt(query(second, "SELECT " + time).get(0).get(0));
          }
        }
        try (var connection = pool.getConnection(); var statement = connection.createStatement()) {
          statement.execute("DROP TABLE notes; DROP FUNCTION IF EXISTS twice, opened; DROP PROCEDURE IF EXISTS thrice");
          return List.of(sum, query(connection, "SHOW work_mem"));
        }
      }
    });
  }

  private static List<List<String>> query(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      return Checks.rows(statement.executeQuery(sql));
    }
  }
}
