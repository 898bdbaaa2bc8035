import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultRedisCredentials;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.params.XAddParams;
import redis.clients.jedis.params.XReadParams;

/** What programs do with Jedis: JedisDriver URL, with $DB_USER and $DB_PASSWORD. */
public class JedisDriver {
  public static void main(String[] arguments) throws Exception {
    var uri = URI.create(arguments[0]);
    var config = DefaultJedisClientConfig.builder()
        .credentialsProvider(() -> new DefaultRedisCredentials(System.getenv("DB_USER"), System.getenv("DB_PASSWORD")))
        .clientName("a-program")
        .sslOptions(uri.getScheme().equals("rediss") ? SslOptions.defaults() : null)
        .protocol("protocol=3".equals(uri.getQuery()) ? RedisProtocol.RESP3 : RedisProtocol.RESP2)
        .build();
    try (var redis = RedisClient.builder().hostAndPort(new HostAndPort(uri.getHost(), uri.getPort())).clientConfig(config).build()) {
      try {
        redis.flushDB();
      } catch (JedisException refused) {
        if (!refusal(() -> { throw refused; }).startsWith("WRONGPASS")) throw refused;
        Checks.check("refused", () -> refusal(() -> { throw refused; }));
        return;
      }
      keys(redis);
      pipelines(redis);
      transactions(redis);
      blocking(redis);
      streams(redis);
      scripts(redis);
      listening(redis);
      errors(redis);
      redis.flushDB();
    }
  }

  private static void keys(RedisClient redis) throws Exception {
    Checks.check("keys", () -> {
      redis.set("word", "ünï 💶", SetParams.setParams().ex(1000));
      redis.hset("person", Map.of("name", "Ada", "year", "1815"));
      redis.zadd("scores", Map.of("a", 1.5, "b", Double.POSITIVE_INFINITY));
      redis.set("bytes".getBytes(), new byte[] {0, 13, 10, -1});
      return List.of(redis.ping(), redis.get("word"), redis.ttl("word") > 990, new TreeMap<>(redis.hgetAll("person")),
          redis.zrangeWithScores("scores", 0, -1).toString(), redis.get("bytes".getBytes()), redis.exists("nothing"), redis.incrBy("n", 41),
          String.valueOf(redis.get("nothing")), redis.type("scores"), redis.dbSize());
    });
    Checks.check("large value", () -> {
      redis.set("large", "ü".repeat(4_000_000));
      return redis.get("large").length();
    });
    Checks.check("scan", () -> {
      for (int key = 0; key < 500; key += 1) redis.set("scan:" + key, "x");
      var found = new TreeSet<String>();
      var cursor = ScanParams.SCAN_POINTER_START;
      do {
        var part = redis.scan(cursor, new ScanParams().match("scan:*").count(50));
        found.addAll(part.getResult());
        cursor = part.getCursor();
      } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
      return List.of(found.size(), found.first());
    });
  }

  private static void pipelines(RedisClient redis) throws Exception {
    Checks.check("pipeline", () -> {
      try (var pipeline = redis.pipelined()) {
        for (int number = 0; number < 5000; number += 1) pipeline.incr("counter");
        pipeline.lpush("word", "wrong type");
        pipeline.get("counter");
        var answers = pipeline.syncAndReturnAll();
        return List.of(answers.size(), answers.get(4999), String.valueOf(answers.get(5000)), answers.get(5001));
      }
    });
  }

  private static void transactions(RedisClient redis) throws Exception {
    Checks.check("transaction", () -> {
      var answers = new ArrayList<>();
      try (var transaction = redis.multi()) {
        transaction.set("in", "one");
        transaction.incr("counter");
        answers.add(transaction.exec());
      }
      try (var transaction = redis.transaction(false)) {
        transaction.watch("in");
        redis.set("in", "changed meanwhile");
        transaction.multi();
        transaction.set("in", "lost");
        answers.add(String.valueOf(transaction.exec()));
      }
      try (var transaction = redis.multi()) {
        transaction.set("in", "lost too");
        transaction.discard();
      }
      answers.add(redis.get("in"));
      return answers;
    });
  }

  private static void blocking(RedisClient redis) throws Exception {
    Checks.check("blocking", () -> {
      var pushes = new Thread(() -> {
        try {
          Thread.sleep(300);
        } catch (InterruptedException never) {
          throw new IllegalStateException(never);
        }
        redis.rpush("queue", "work");
      });
      pushes.start();
      var taken = redis.blpop(10, "queue");
      pushes.join();
      return List.of(taken, String.valueOf(redis.blpop(1, "queue")));
    });
  }

  private static void streams(RedisClient redis) throws Exception {
    Checks.check("streams", () -> {
      redis.xadd("stream", Map.of("field", "value"), XAddParams.xAddParams().id("1-1"));
      redis.xgroupCreate("stream", "group", new redis.clients.jedis.StreamEntryID(0, 0), false);
      var read = redis.xread(XReadParams.xReadParams().count(10).block(100),
          Map.of("stream", new redis.clients.jedis.StreamEntryID(0, 0)));
      return List.of(read.toString(), redis.xlen("stream"), redis.xinfoGroups("stream").get(0).getName(), redis.xack("stream", "group",
          new redis.clients.jedis.StreamEntryID(1, 1)));
    });
  }

  private static void scripts(RedisClient redis) throws Exception {
    Checks.check("scripts", () -> {
      var sha = redis.scriptLoad("return {KEYS[1], ARGV[1], 1, false}");
      return List.of(redis.eval("return redis.call('GET', KEYS[1])", 1, "word"), redis.evalsha(sha, 1, "key", "argument").toString());
    });
  }

  private static void listening(RedisClient redis) throws Exception {
    Checks.check("pub/sub", () -> {
      var heard = new ArrayList<String>();
      var subscribed = new CountDownLatch(2);
      var listener = new JedisPubSub() {
        @Override
        public void onSubscribe(String channel, int count) {
          subscribed.countDown();
        }

        @Override
        public void onPMessage(String pattern, String channel, String message) {
          heard.add(pattern + " " + channel + " " + message);
          punsubscribe();
          unsubscribe();
        }

        @Override
        public void onPSubscribe(String pattern, int count) {
          subscribed.countDown();
        }

        @Override
        public void onMessage(String channel, String message) {
          heard.add(channel + " " + message);
        }
      };
      var listens = new Thread(() -> redis.subscribe(listener, "news"));
      listens.start();
      while (subscribed.getCount() == 2) Thread.sleep(10);
      listener.psubscribe("ne*er");
      subscribed.await();
      redis.publish("news", "hello ü");
      redis.publish("newer", "last");
      listens.join();
      return heard;
    });
  }

  private static void errors(RedisClient redis) throws Exception {
    Checks.check("errors", () -> List.of(
        refusal(() -> redis.lpush("word", "x")),
        refusal(() -> redis.eval("return redis.error_reply('MINE said so')")),
        refusal(() -> redis.set("k", "v", SetParams.setParams().ex(-1)))));
  }

  /** The server's sentence; that of the sign-in is inside of the pool's own. */
  private static String refusal(Checks.Act act) throws Exception {
    try {
      act.run();
    } catch (JedisException refused) {
      var cause = (Throwable) refused;
      while (cause.getCause() instanceof JedisException inner) cause = inner;
      return cause.getMessage();
    }
    return "not refused";
  }
}
