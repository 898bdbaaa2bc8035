/** Ends well where Amazon's driver and what its plugins load are on the class path. */
public class HasDriver {
  public static void main(String[] args) throws ClassNotFoundException {
    Class.forName("com.amazon.redshift.Driver");
    Class.forName("com.amazonaws.services.redshift.AmazonRedshiftClientBuilder");
  }
}
