import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What programs do with Lettuce: LettuceDriver URL, with $DB_USER and $DB_PASSWORD. */
public class LettuceDriver {
  public static void main(String[] arguments) throws Exception {
    var uri = RedisURI.create(arguments[0].replaceFirst("\\?.*", ""));
    var credentials = RedisCredentials.just(System.getenv("DB_USER"), System.getenv("DB_PASSWORD"));
    uri.setCredentialsProvider(RedisCredentialsProvider.from(() -> credentials));
    uri.setClientName("a-program");
    try (var client = RedisClient.create(uri)) {
      client.setOptions(ClientOptions.builder()
          .protocolVersion(arguments[0].endsWith("protocol=3") ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2)
          .build());
      try (var connection = client.connect()) {
        connection.sync().flushdb();
        keys(connection);
        pipelines(connection);
        transactions(connection, client);
        blocking(connection, client);
        streams(connection);
        scripts(connection);
        listening(connection, client);
        errors(connection);
        connection.sync().flushdb();
      } catch (RedisException refused) {
        if (!refusal(() -> { throw refused; }).startsWith("WRONGPASS")) throw refused;
        Checks.check("refused", () -> refusal(() -> { throw refused; }));
      }
    }
  }

  private static void keys(StatefulRedisConnection<String, String> connection) throws Exception {
    var redis = connection.sync();
    Checks.check("keys", () -> {
      redis.set("word", "ünï 💶", SetArgs.Builder.ex(1000));
      redis.hset("person", Map.of("name", "Ada", "year", "1815"));
      redis.zadd("scores", 1.5, "a");
      redis.zadd("scores", Double.POSITIVE_INFINITY, "b");
      return List.of(redis.ping(), redis.get("word"), redis.ttl("word") > 990, new TreeMap<>(redis.hgetall("person")),
          redis.zrangeWithScores("scores", 0, -1).toString(), String.valueOf(redis.get("nothing")), redis.mget("word", "nothing").toString(),
          redis.incrbyfloat("n", 1.25), redis.clientGetname(), redis.command().size() > 100, redis.echo("echo"), redis.time().size());
    });
    Checks.check("large value", () -> {
      redis.set("large", "ü".repeat(4_000_000));
      return redis.get("large").length();
    });
  }

  private static void pipelines(StatefulRedisConnection<String, String> connection) throws Exception {
    RedisAsyncCommands<String, String> async = connection.async();
    Checks.check("pipeline", () -> {
      connection.setAutoFlushCommands(false);
      var futures = new ArrayList<RedisFuture<Long>>();
      for (int number = 0; number < 5000; number += 1) futures.add(async.incr("counter"));
      connection.flushCommands();
      connection.setAutoFlushCommands(true);
      LettuceFutures.awaitAll(Duration.ofSeconds(30), futures.toArray(new RedisFuture[0]));
      return List.of(futures.get(0).get(), futures.get(4999).get());
    });
  }

  private static void transactions(StatefulRedisConnection<String, String> connection, RedisClient client) throws Exception {
    var redis = connection.sync();
    Checks.check("transaction", () -> {
      redis.multi();
      redis.set("in", "one");
      redis.lpush("in", "wrong type");
      redis.incr("counter");
      TransactionResult done = redis.exec();
      redis.watch("in");
      try (var other = client.connect()) {
        other.sync().set("in", "changed meanwhile");
      }
      redis.multi();
      redis.set("in", "lost");
      return List.of(done.stream().map(String::valueOf).toList(), redis.exec().wasDiscarded(), redis.get("in"));
    });
  }

  private static void blocking(StatefulRedisConnection<String, String> connection, RedisClient client) throws Exception {
    Checks.check("blocking", () -> {
      try (var waits = client.connect()) {
        RedisFuture<KeyValue<String, String>> taken = waits.async().blpop(10, "queue");
        Thread.sleep(300);
        connection.sync().rpush("queue", "work");
        return List.of(taken.get(10, TimeUnit.SECONDS).toString(), String.valueOf(waits.sync().blpop(1, "queue")));
      }
    });
  }

  private static void streams(StatefulRedisConnection<String, String> connection) throws Exception {
    var redis = connection.sync();
    Checks.check("streams", () -> {
      redis.xadd("stream", new io.lettuce.core.XAddArgs().id("1-1"), Map.of("field", "value"));
      return List.of(redis.xread(StreamOffset.from("stream", "0")).toString(), redis.xlen("stream"));
    });
  }

  private static void scripts(StatefulRedisConnection<String, String> connection) throws Exception {
    var redis = connection.sync();
    Checks.check("scripts", () -> {
      var sha = redis.scriptLoad("return {KEYS[1], ARGV[1], 1}");
      return List.of(redis.eval("return redis.call('GET', KEYS[1])", ScriptOutputType.VALUE, "word").toString(),
          redis.evalsha(sha, ScriptOutputType.MULTI, new String[] {"key"}, "argument").toString());
    });
  }

  private static void listening(StatefulRedisConnection<String, String> connection, RedisClient client) throws Exception {
    Checks.check("pub/sub", () -> {
      var heard = new LinkedBlockingQueue<String>();
      try (var listens = client.connectPubSub()) {
        listens.addListener(new RedisPubSubAdapter<>() {
          @Override
          public void message(String channel, String message) {
            heard.add(channel + " " + message);
          }

          @Override
          public void message(String pattern, String channel, String message) {
            heard.add(pattern + " " + channel + " " + message);
          }
        });
        listens.sync().subscribe("news");
        listens.sync().psubscribe("ne*er");
        var answers = new ArrayList<>();
        answers.add(connection.sync().publish("news", "hello ü"));
        answers.add(connection.sync().publish("newer", "last"));
        answers.add(heard.poll(10, TimeUnit.SECONDS));
        answers.add(heard.poll(10, TimeUnit.SECONDS));
        answers.add(listens.sync().ping());
        listens.sync().unsubscribe();
        listens.sync().punsubscribe();
        answers.add(listens.sync().ping());
        return answers;
      }
    });
  }

  private static void errors(StatefulRedisConnection<String, String> connection) throws Exception {
    var redis = connection.sync();
    Checks.check("errors", () -> List.of(
        refusal(() -> redis.lpush("word", "x")),
        refusal(() -> redis.eval("return redis.error_reply('MINE said so')", ScriptOutputType.VALUE)),
        refusal(() -> redis.set("k", "v", SetArgs.Builder.ex(-1)))));
  }

  /** The server's sentence; that of the sign-in is inside of one of the client's own. */
  private static String refusal(Checks.Act act) throws Exception {
    try {
      act.run();
    } catch (RedisException refused) {
      var cause = (Throwable) refused;
      while (cause.getCause() instanceof RedisException inner) cause = inner;
      return cause.getMessage();
    }
    return "not refused";
  }
}
