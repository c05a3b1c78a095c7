import io.spiffe.bundle.x509bundle.X509Bundle;
import io.spiffe.svid.x509svid.X509Svid;
import io.spiffe.workloadapi.DefaultWorkloadApiClient;
import io.spiffe.workloadapi.Watcher;
import io.spiffe.workloadapi.WorkloadApiClient;
import io.spiffe.workloadapi.X509Context;
import java.util.concurrent.CountDownLatch;

/** A workload that uses java-spiffe as it comes: one JSON line for its certificate, and one for each that follows. */
public final class SpiffeLines {
  public static void main(String[] args) throws Exception {
    // The address comes from SPIFFE_ENDPOINT_SOCKET.
    try (WorkloadApiClient client = DefaultWorkloadApiClient.newClient()) {
      // A watcher asks on for ever where it is refused; this asks once.
      try {
        client.fetchX509Context();
      } catch (Exception refused) {
        say("\"Exception\":\"" + reasonOf(refused) + "\"");
        System.exit(1);
      }
      client.watchX509Context(new Watcher<>() {
        @Override
        public void onUpdate(X509Context context) {
          tell(context);
        }

        @Override
        public void onError(Throwable error) {
          System.err.println(error);
        }
      });
      new CountDownLatch(1).await();
    }
  }

  private static void tell(X509Context context) {
    X509Svid svid = context.getDefaultSvid();
    try {
      X509Bundle bundle = context.getX509BundleSet().getBundleForTrustDomain(svid.getSpiffeId().getTrustDomain());
      say("\"SpiffeId\":\"" + svid.getSpiffeId() + "\",\"Serial\":\"" + svid.getLeaf().getSerialNumber().toString(16)
          + "\",\"Chain\":" + svid.getChain().size() + ",\"Anchors\":" + bundle.getX509Authorities().size());
    } catch (Exception error) {
      say("\"Exception\":\"" + reasonOf(error) + "\"");
    }
  }

  private static String reasonOf(Throwable error) {
    StringBuilder reason = new StringBuilder();
    for (Throwable each = error; each != null; each = each.getCause()) reason.append(each).append("; ");
    return reason.toString().replace('"', '\'').replace('\\', '/').replace('\n', ' ');
  }

  private static void say(String fields) {
    System.out.println("{" + fields + "}");
    System.out.flush();
  }
}
