"""A workload that uses py-spiffe as it comes: one JSON line for its certificate, and one for each that follows."""

import json
import queue
import sys

from spiffe import WorkloadApiClient, X509Source

updates: "queue.Queue[None]" = queue.Queue()
try:
    # The address comes from SPIFFE_ENDPOINT_SOCKET. A source asks on where it is refused; this asks once.
    WorkloadApiClient().fetch_x509_svid()
    source = X509Source(timeout_in_seconds=30)
except Exception as error:
    print(json.dumps({"Exception": f"{error!r} {error.__cause__!r}"}), flush=True)
    sys.exit(1)
source.subscribe_for_updates(lambda: updates.put(None))
while True:
    svid = source.get_x509_context().default_svid
    bundle = source.get_bundle_for_trust_domain(svid.spiffe_id.trust_domain)
    line = {
        "SpiffeId": str(svid.spiffe_id),
        "Serial": f"{svid.leaf.serial_number:x}",
        "Chain": len(svid.cert_chain),
        "Anchors": len(bundle.x509_authorities),
    }
    print(json.dumps(line), flush=True)
    updates.get()
