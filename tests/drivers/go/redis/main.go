// What programs do with go-redis: redis URL, with $DB_USER and $DB_PASSWORD; $DB_CA has the authority's file.
package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	. "grantway/tests/drivers/go/checks"

	"github.com/redis/go-redis/v9"
)

var ctx = context.Background()

func main() {
	options := Of(redis.ParseURL(Address))
	options.ContextTimeoutEnabled = true
	options.CredentialsProviderContext = func(context.Context) (string, string, error) { return User, Password, nil }
	if options.TLSConfig != nil {
		options.TLSConfig.RootCAs = x509.NewCertPool()
		options.TLSConfig.RootCAs.AppendCertsFromPEM(Of(os.ReadFile(os.Getenv("DB_CA"))))
	}
	client := redis.NewClient(options)
	if err := client.FlushDB(ctx).Err(); err != nil && strings.HasPrefix(err.Error(), "WRONGPASS") {
		Check("refused", func() any { return err.Error() })
		return
	} else {
		Must(err)
	}

	Check("keys", func() any {
		Must(client.Set(ctx, "word", "ünï 💶", time.Hour).Err())
		Must(client.HSet(ctx, "person", "name", "Ada", "year", 1815).Err())
		Must(client.ZAdd(ctx, "scores", redis.Z{Score: 1.5, Member: "a"}, redis.Z{Score: 2, Member: "b"}).Err())
		return []any{Of(client.Ping(ctx).Result()), Of(client.Get(ctx, "word").Result()), Of(client.HGetAll(ctx, "person").Result()),
			Of(client.ZRangeWithScores(ctx, "scores", 0, -1).Result()), Refusal(client.Get(ctx, "nothing").Err()),
			Of(client.MGet(ctx, "word", "nothing").Result()), Refusal(client.ClientGetName(ctx).Err())}
	})
	Check("large value", func() any {
		Must(client.Set(ctx, "large", strings.Repeat("ü", 4_000_000), 0).Err())
		return len(Of(client.Get(ctx, "large").Result()))
	})
	Check("scan", func() any {
		for key := range 300 {
			Must(client.Set(ctx, fmt.Sprint("scan:", key), "x", 0).Err())
		}
		var found []string
		for keys := client.Scan(ctx, 0, "scan:*", 50).Iterator(); keys.Next(ctx); {
			found = append(found, keys.Val())
		}
		slices.Sort(found)
		return len(slices.Compact(found))
	})
	Check("pipeline", func() any {
		answers, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for range 5000 {
				pipe.Incr(ctx, "counter")
			}
			pipe.LPush(ctx, "word", "wrong type")
			pipe.Get(ctx, "counter")
			return nil
		})
		return []any{len(answers), answers[5001].String(), Refusal(err)}
	})
	Check("transactions", func() any {
		done := Of(client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Set(ctx, "in", "one", 0)
			pipe.Incr(ctx, "counter")
			return nil
		}))
		lost := client.Watch(ctx, func(tx *redis.Tx) error {
			Must(client.Set(ctx, "in", "changed meanwhile", 0).Err())
			_, err := tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error { return pipe.Set(ctx, "in", "lost", 0).Err() })
			return err
		}, "in")
		return []any{done[1].String(), Refusal(lost), Of(client.Get(ctx, "in").Result())}
	})
	Check("blocking", func() any {
		go func() {
			time.Sleep(300 * time.Millisecond)
			Must(client.RPush(ctx, "queue", "work").Err())
		}()
		taken := Of(client.BLPop(ctx, 10*time.Second, "queue").Result())
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		_, err := client.BLPop(short, 0, "queue").Result()
		return []any{taken, err != nil, Of(client.Ping(ctx).Result())}
	})
	Check("streams", func() any {
		Must(client.XAdd(ctx, &redis.XAddArgs{Stream: "stream", ID: "1-1", Values: []string{"field", "value"}}).Err())
		Must(client.XGroupCreate(ctx, "stream", "group", "0").Err())
		return []any{Of(client.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "group", Consumer: "me", Streams: []string{"stream", ">"}}).Result()),
			Of(client.XAck(ctx, "stream", "group", "1-1").Result())}
	})
	Check("scripts", func() any {
		script := redis.NewScript("return {KEYS[1], ARGV[1], 1}")
		return []any{Of(script.Run(ctx, client, []string{"key"}, "argument").Result()), Of(script.Run(ctx, client, []string{"again"}, 2).Result()),
			Refusal(client.Eval(ctx, "return redis.error_reply('MINE said so')", nil).Err())}
	})
	Check("pub/sub", func() any {
		listener := client.Subscribe(ctx, "news")
		defer listener.Close()
		Of(listener.Receive(ctx))
		Must(listener.PSubscribe(ctx, "ne*er"))
		Of(listener.Receive(ctx))
		Must(listener.Ping(ctx, "there?"))
		pong := Of(listener.Receive(ctx))
		Must(client.Publish(ctx, "news", "hello ü").Err())
		Must(client.Publish(ctx, "newer", "last").Err())
		return []any{fmt.Sprint(pong), Of(listener.ReceiveMessage(ctx)), Of(listener.ReceiveMessage(ctx))}
	})
	Check("many connections", func() any {
		answers := make(chan int64)
		for range 50 {
			go func() { answers <- Of(client.IncrBy(ctx, "many", 2).Result()) }()
		}
		most := int64(0)
		for range 50 {
			most = max(most, <-answers)
		}
		return most
	})
	Must(client.FlushDB(ctx).Err())
	Must(client.Close())
}
