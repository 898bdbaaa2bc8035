import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What programs do with Connector/J and MariaDB's Connector/J: MysqlDrivers URL, with $DB_USER and $DB_PASSWORD. */
public class MysqlDrivers {
  private static final String USER = System.getenv("DB_USER");
  private static final String PASSWORD = System.getenv("DB_PASSWORD");

  public static void main(String[] arguments) throws Exception {
    var url = arguments[0];
    try (var connection = DriverManager.getConnection(url, USER, PASSWORD)) {
      try (var statement = connection.createStatement()) {
        statement.execute("DROP TABLE IF EXISTS notes");
        statement.execute("CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(100) UNIQUE, amount DECIMAL(10, 2))");
      }
      signIn(connection);
      values(connection);
      prepared(connection);
      batches(connection);
      cursors(connection);
      transactions(connection);
      errors(connection);
      cancels(connection);
      if (url.contains("allowMultiQueries=true")) severalResults(connection);
      if (url.contains("LocalInfile=true")) localFile(connection);
      routines(connection);
      settings(connection);
    } catch (SQLException refused) {
      if ("28000".equals(refused.getSQLState())) {
        Checks.check("refused", () -> refused.getSQLState() + " " + refused.getErrorCode() + " " + refused.getMessage());
        return;
      }
      throw refused;
    }
    pool(url);
  }

  private static void signIn(Connection connection) throws Exception {
    Checks.check("who", () -> query(connection, "SELECT VERSION(), CURRENT_USER(), DATABASE(), @@character_set_client, @@collation_connection"));
    Checks.check("metadata", () -> {
      var about = connection.getMetaData();
      return List.of(
          Checks.rows(about.getCatalogs()),
          Checks.rows(about.getTables("shop", null, "notes", null)),
          Checks.rows(about.getColumns("shop", null, "notes", null)),
          Checks.rows(about.getPrimaryKeys("shop", null, "notes")));
    });
  }

  private static void values(Connection connection) throws Exception {
    Checks.check("values", () -> {
      try (var statement = connection.prepareStatement("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST('{\"a\": 1}' AS CHAR), CAST('-01:02:03.5' AS TIME(1))")) {
        Object[] values = {-1, Long.MAX_VALUE, new BigDecimal("12345678901234567890.12"), "ünï 💶", new byte[] {0, 1, -1}, true,
            Math.PI, java.time.LocalDateTime.parse("2024-02-29T12:00:00.123456"), null};
        for (int at = 0; at < values.length; at += 1) statement.setObject(at + 1, values[at]);
        return Checks.rows(statement.executeQuery());
      }
    });
    Checks.check("large values", () -> {
      try (var statement = connection.prepareStatement("SELECT CONCAT(?, 'x'), ?")) {
        statement.setString(1, "ü".repeat(2_000_000));
        statement.setBinaryStream(2, new ByteArrayInputStream(new byte[3_000_000]));
        try (var results = statement.executeQuery()) {
          results.next();
          return List.of(results.getString(1).length(), results.getBytes(2).length);
        }
      }
    });
  }

  private static void prepared(Connection connection) throws Exception {
    Checks.check("prepared", () -> {
      var answers = new ArrayList<>();
      try (var statement = connection.prepareStatement("SELECT ? + 1, CONCAT(?, ''), NOW() IS NOT NULL")) {
        for (int time = 1; time <= 12; time += 1) {
          statement.setInt(1, time);
          statement.setString(2, "time " + time);
          answers.add(Checks.rows(statement.executeQuery()));
        }
      }
      return answers;
    });
    Checks.check("many prepared statements", () -> {
      int sum = 0;
      for (int number = 0; number < 300; number += 1) {
        try (var statement = connection.prepareStatement("SELECT ? + " + number)) {
          for (int time = 0; time < 3; time += 1) {
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
          statement.setBigDecimal(2, BigDecimal.valueOf(row, 2));
          statement.addBatch();
        }
        return Arrays.stream(statement.executeBatch()).distinct().toArray();
      }
    });
    // Which of the other rows are in the table then depends on how the driver sends them, and that on what it takes the server for.
    Checks.check("batch with a refused row", () -> {
      try (var statement = connection.prepareStatement("INSERT INTO notes (word) VALUES (?)")) {
        for (var word : List.of("fresh", "word 7", "fresher")) {
          statement.setString(1, word);
          statement.addBatch();
        }
        return Checks.refusal(statement::executeBatch);
      } finally {
        execute(connection, "DELETE FROM notes WHERE word LIKE 'fresh%'");
        execute(connection, "ALTER TABLE notes AUTO_INCREMENT = 2000");
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
    Checks.check("batch of different statements", () -> {
      try (var statement = connection.createStatement()) {
        statement.addBatch("UPDATE notes SET amount = 1 WHERE id < 5");
        statement.addBatch("DELETE FROM notes WHERE id = 5");
        for (int more = 0; more < 10; more += 1) statement.addBatch("INSERT INTO notes (word) VALUES ('more " + more + "')");
        return statement.executeBatch();
      }
    });
    Checks.check("counted", () -> query(connection, "SELECT COUNT(*), SUM(amount) FROM notes"));
  }

  private static void cursors(Connection connection) throws Exception {
    for (int size : new int[] {Integer.MIN_VALUE, 50}) {
      Checks.check("fetch size " + size, () -> {
        try (var statement = connection.prepareStatement("SELECT b.id, a.word FROM notes a JOIN notes b ON b.id < 5 ORDER BY a.word, b.id")) {
          // MariaDB's driver knows no row by row, and calls the number wrong.
          if (size > 0 || !connection.getMetaData().getDriverName().startsWith("MariaDB")) statement.setFetchSize(size);
          long sum = 0;
          try (var results = statement.executeQuery()) {
            while (results.next()) sum += results.getInt(1);
          }
          try (var left = statement.executeQuery()) {
            left.next();
          }
          return List.of(sum, query(connection, "SELECT 'after one left half-way'"));
        }
      });
    }
    Checks.check("at most so many rows", () -> {
      try (var statement = connection.createStatement()) {
        statement.setMaxRows(3);
        return Checks.rows(statement.executeQuery("SELECT id FROM notes ORDER BY id"));
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
        statement.executeUpdate("INSERT INTO notes (word) VALUES ('gone first')");
        connection.rollback(savepoint);
        answers.add(query(connection, "SELECT COUNT(*) FROM notes WHERE word LIKE 'gone%'"));
        connection.rollback();
        answers.add(query(connection, "SELECT COUNT(*) FROM notes WHERE word LIKE 'gone%'"));
        connection.setReadOnly(true);
        answers.add(Checks.refusal(() -> statement.execute("INSERT INTO notes (word) VALUES ('no')")));
        connection.rollback();
      } finally {
        connection.setReadOnly(false);
        connection.setAutoCommit(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      }
      return answers;
    });
  }

  private static void errors(Connection connection) throws Exception {
    var refused = List.of(
        "INSERT INTO notes (id, word) VALUES (1, 'x')",
        "SELECT * FROM nothing_here",
        "SELEC 1",
        "SELECT * FROM mysql.user",
        "SELECT * FROM notes INTO OUTFILE '/tmp/x'",
        "SELECT 1 FROM notes WHERE JSON_EXTRACT('{', '$.a')");
    for (var sql : refused) {
      Checks.check(sql, () -> {
        try (var statement = connection.createStatement()) {
          return Checks.refusal(() -> statement.execute(sql));
        }
      });
    }
    Checks.check("warnings", () -> {
      try (var statement = connection.createStatement()) {
        statement.execute("SELECT 1 / 0, CAST('ü' AS SIGNED)");
        var said = new ArrayList<String>();
        for (var warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
          said.add(warning.getSQLState() + " " + warning.getErrorCode() + " " + warning.getMessage());
        }
        return said;
      }
    });
  }

  private static void cancels(Connection connection) throws Exception {
    Checks.check("query timeout", () -> {
      try (var statement = connection.createStatement()) {
        statement.setQueryTimeout(1);
        // MariaDB's driver has the server count where it knows it for a MariaDB: the words differ, the state does not.
        return Checks.refusal(() -> statement.execute("SELECT COUNT(*) FROM notes a WHERE SLEEP(30)")).substring(0, 5);
      }
    });
    Checks.check("cancel", () -> {
      try (var statement = connection.createStatement()) {
        // Whether Connector/J says it in its own words or in the server's is a race of its two connections.
        return !Checks.cancelled(() -> statement.execute("SELECT COUNT(*) FROM notes b WHERE SLEEP(30)"), statement::cancel)
            .equals("not refused");
      }
    });
    Checks.check("after the cancels", () -> List.of(connection.isValid(2), query(connection, "SELECT 'here'")));
  }

  private static void severalResults(Connection connection) throws Exception {
    Checks.check("several statements in one", () -> {
      var answers = new ArrayList<>();
      try (var statement = connection.createStatement()) {
        var isRows = statement.execute("SELECT 1; UPDATE notes SET amount = 0 WHERE id < 4; SELECT 'two', 2");
        while (isRows || statement.getUpdateCount() >= 0) {
          answers.add(isRows ? Checks.rows(statement.getResultSet()) : statement.getUpdateCount());
          isRows = statement.getMoreResults();
        }
        answers.add(Checks.refusal(() -> {
          statement.execute("SELECT 1; SELECT * FROM nothing_here; SELECT 3");
          statement.getMoreResults();
        }));
      }
      return answers;
    });
  }

  private static void localFile(Connection connection) throws Exception {
    Checks.check("a file of the client", () -> {
      var file = Files.writeString(Path.of("/tmp/grantway-drivers.tsv"), "from a file\t1.50\nanother ü\t2\n");
      try (var statement = connection.createStatement()) {
        var loaded = statement.executeUpdate("LOAD DATA LOCAL INFILE '" + file + "' INTO TABLE notes (word, amount)");
        return List.of(loaded, query(connection, "SELECT word, amount FROM notes ORDER BY id DESC LIMIT 2"));
      } finally {
        Files.delete(file);
      }
    });
  }

  private static void routines(Connection connection) throws Exception {
    Checks.check("routines", () -> {
      try (var statement = connection.createStatement()) {
        statement.execute("DROP PROCEDURE IF EXISTS twice");
        statement.execute("CREATE PROCEDURE twice(IN n INT, OUT doubled INT) BEGIN SELECT n; SET doubled = n * 2; SELECT 'second'; END");
      }
      var answers = new ArrayList<>();
      try (var call = connection.prepareCall("{call twice(?, ?)}")) {
        call.setInt(1, 21);
        call.registerOutParameter(2, Types.INTEGER);
        for (var isRows = call.execute(); isRows; isRows = call.getMoreResults()) answers.add(Checks.rows(call.getResultSet()));
        answers.add(call.getInt(2));
      }
      return answers;
    });
  }

  private static void settings(Connection connection) throws Exception {
    Checks.check("settings", () -> {
      connection.setClientInfo("ApplicationName", "a program");
      connection.setNetworkTimeout(Runnable::run, 60_000);
      var refused = Checks.refusal(() -> connection.setCatalog("nothing_here"));
      connection.setCatalog("shop");
      return List.of(refused, connection.getCatalog(), query(connection, "SELECT @@sql_mode, @@time_zone, @@autocommit, @@transaction_isolation"));
    });
  }

  private static void pool(String url) throws Exception {
    Checks.check("pool", () -> {
      var config = new HikariConfig();
      config.setJdbcUrl(url);
      config.setCredentialsProvider(() -> Credentials.of(USER, PASSWORD));
      config.setMaximumPoolSize(3);
      config.setConnectionInitSql("SET @mine = 7");
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
          statement.execute("DROP TABLE notes");
          statement.execute("DROP PROCEDURE twice");
          return List.of(sum, query(connection, "SELECT @mine"));
        }
      }
    });
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<List<String>> query(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      return Checks.rows(statement.executeQuery(sql));
    }
  }
}
