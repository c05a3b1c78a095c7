import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Says of each certificate on standard input what the JDK's PKIX makes of it.
 *
 * <p>A line in: method (crl or ocsp), then the files of leaf, chain, root and CRLs, with tabs between. A line out:
 * true or false, a tab, and what was said. With {@code -Dcom.sun.security.enableCRLDP=true} and no CRLs, those that
 * the certificates name are fetched.
 */
public final class Pkix {
  public static void main(String[] args) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] asked = line.split("\t", -1);
      String said = "good";
      boolean accepted = true;
      try {
        validate(asked[0], asked[1], asked[2], asked[3], asked[4]);
      } catch (CertPathValidatorException refused) {
        accepted = false;
        said = refused.getReason() + ": " + refused.getMessage();
      }
      System.out.println(accepted + "\t" + said.replaceAll("\\s+", " "));
    }
  }

  private static void validate(String method, String leaf, String chain, String root, String crls) throws Exception {
    var factory = CertificateFactory.getInstance("X.509");
    var path = new ArrayList<X509Certificate>(certificates(leaf));
    path.addAll(certificates(chain));
    var parameters = new PKIXParameters(Set.of(new TrustAnchor(certificates(root).get(0), null)));
    var validator = CertPathValidator.getInstance("PKIX");
    var revocation = (PKIXRevocationChecker) validator.getRevocationChecker();
    var crlsOnly = EnumSet.of(Option.PREFER_CRLS, Option.NO_FALLBACK);
    revocation.setOptions(method.equals("ocsp") ? EnumSet.of(Option.NO_FALLBACK) : crlsOnly);
    parameters.addCertPathChecker(revocation);
    if (!crls.isEmpty()) {
      var bytes = new ByteArrayInputStream(Files.readAllBytes(Path.of(crls)));
      var all = new CollectionCertStoreParameters(factory.generateCRLs(bytes));
      parameters.addCertStore(CertStore.getInstance("Collection", all));
    }
    validator.validate(factory.generateCertPath(path), parameters);
  }

  private static List<X509Certificate> certificates(String file) throws Exception {
    var bytes = new ByteArrayInputStream(Files.readAllBytes(Path.of(file)));
    return CertificateFactory.getInstance("X.509").generateCertificates(bytes).stream()
        .map(X509Certificate.class::cast)
        .toList();
  }
}
