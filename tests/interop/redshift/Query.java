import java.sql.DriverManager;

/** Runs one statement with Amazon's JDBC driver: Query URL SQL; the token is in $TOKEN, for {token} in the URL. */
public class Query {
  public static void main(String[] arguments) throws Exception {
    var url = arguments[0].replace("{token}", System.getenv("TOKEN"));
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.prepareStatement(arguments[1]);
        var rows = statement.executeQuery()) {
      while (rows.next()) {
        var line = new StringBuilder();
        for (int column = 1; column <= rows.getMetaData().getColumnCount(); column += 1) {
          line.append(column == 1 ? "" : "|").append(rows.getString(column));
        }
        System.out.println(line);
      }
    }
  }
}
