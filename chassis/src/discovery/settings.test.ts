import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigurationError } from "../core/configuration/config.ts";
import { createLog } from "../telemetry/log.ts";
import { connectDiscovery } from "./connect-discovery.ts";
import { readConsulSettings } from "./consul/consul-settings.ts";
import { readDnsSettings } from "./dns/dns-settings.ts";

const log = createLog({ service: "test", level: "silent" });

test("each kind of discovery is made from its address", async () => {
  for (const url of ["static:", "consul://127.0.0.1:1", "dns:"]) {
    const discovery = await connectDiscovery(url, { instances: {}, log });
    await discovery.close();
  }
});

test("any other is a fault of the setting, told without what may be a secret", async () => {
  const wrong = ["", "static", "etcd://a", "consul:", "consul://", "consul://a/b/c", "consul://a?dc=secret"];
  wrong.push("consul://secret:x@a:1", "dns:orders", "dns:{service}?port=0", "dns:{service}?typ=A");
  wrong.push("dns:{service}?type=MX", "dns://ns.example/{service}", "dns:a b{service}", "dns://1.2.3.4:0/{service}");
  for (const url of wrong) {
    await assert.rejects(connectDiscovery(url, { instances: {}, log }), (error) => {
      assert.ok(error instanceof ConfigurationError, url);
      assert.match(error.message, /^DISCOVERY_URL must be /);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test("names are read after RFC 4501", () => {
  const plain = { name: "{service}", type: "A", port: 3_000, server: undefined };
  assert.deepEqual(readDnsSettings("dns:"), plain);
  assert.deepEqual(readDnsSettings("dns:{service}.shop.svc.cluster.local?port=80"), {
    ...plain,
    name: "{service}.shop.svc.cluster.local",
    port: 80,
  });
  assert.deepEqual(readDnsSettings("dns:_http._tcp.{service}"), {
    ...plain,
    name: "_http._tcp.{service}",
    type: "SRV",
  });
  assert.equal(readDnsSettings("dns://10.0.0.2:53/{service}.service.consul?type=SRV").server, "10.0.0.2:53");
  assert.equal(readDnsSettings("dns://[::1]:53/{service}").server, "[::1]:53");
  assert.equal(readDnsSettings("dns://10.0.0.2").server, "10.0.0.2");
});

test("Consul is read from a URL", () => {
  assert.deepEqual(readConsulSettings("consul://localhost"), {
    agent: "http://localhost:8500",
    prefix: "",
    token: undefined,
  });
  const { agent, prefix, token } = readConsulSettings("consul://:a%2Fb@[::1]:8501/shop");
  assert.deepEqual([agent, prefix, token], ["http://[::1]:8501", "shop-", "a/b"]);
});
