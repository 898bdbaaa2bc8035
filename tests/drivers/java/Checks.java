import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;

/** What the programs here share: each check prints one line of JSON, and an exception that none expects ends the program. */
final class Checks {
  private static final Gson JSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  interface Act {
    void run() throws Exception;
  }

  private Checks() {}

  static void check(String name, Callable<Object> answer) throws Exception {
    var line = new LinkedHashMap<String, Object>();
    line.put("check", name);
    line.put("answer", answer.call());
    System.out.println(JSON.toJson(line));
  }

  /** How the server refused it: SQLSTATE, vendor code and sentence. */
  static String refusal(Act act) throws Exception {
    try {
      act.run();
    } catch (SQLException refused) {
      return refused.getSQLState() + " " + refused.getErrorCode() + " " + said(refused);
    }
    return "not refused";
  }

  /** The sentence, without the number of the connection that MariaDB's driver puts before it. */
  static String said(SQLException refused) {
    return refused.getMessage().replaceFirst("^\\(conn=\\d+\\) ", "");
  }

  /** All rows, each value as the driver writes it. */
  static List<List<String>> rows(ResultSet results) throws SQLException {
    var rows = new ArrayList<List<String>>();
    try (results) {
      while (results.next()) {
        var row = new ArrayList<String>();
        for (int column = 1; column <= results.getMetaData().getColumnCount(); column += 1) {
          row.add(results.getString(column));
        }
        rows.add(row);
      }
    }
    return rows;
  }

  /** Ends the statement of {@code act} by {@code cancel}, once it has had time to begin. */
  static String cancelled(Act act, Act cancel) throws Exception {
    var canceller = new Thread(() -> {
      try {
        Thread.sleep(500);
        cancel.run();
      } catch (Exception unexpected) {
        unexpected.printStackTrace();
      }
    });
    canceller.start();
    var refusal = refusal(act);
    canceller.join();
    return refusal;
  }
}
