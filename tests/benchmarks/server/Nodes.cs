using System.Buffers;
using System.Diagnostics;
using LiveHub.Backplane;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Formats;
using LiveHub.Model;
using LiveHub.Redis;
using StackExchange.Redis;

namespace BenchServer;

/// <summary>One changeset after the other into the log in Redis, each awaited; and, as the reference, a bare script that appends and publishes the same bytes to as many who listen.</summary>
public static class Nodes
{
    private const string Bare = "redis.call('XADD', KEYS[1], 'MAXLEN', '~', 100000, '*', 'e', ARGV[1]) redis.call('PUBLISH', ARGV[2], ARGV[1])";

    private const string Channel = "{bare}:entries";

    /// <summary>What an entry of the log has besides the changeset.</summary>
    private const int HeaderBytes = 48;

    /// <param name="endpoints">The server's.</param>
    /// <param name="redis">Where the log is.</param>
    public static void MapNodes(this IEndpointRouteBuilder endpoints, string redis)
    {
        endpoints.MapPost("/nodes/live", PublishAsync);
        endpoints.MapPost("/nodes/bare", (int changes, LiveModel model) => PublishBareAsync(redis, model, changes));
        endpoints.MapPost("/nodes/listen", async () =>
        {
            // As long as the process lives, as the nodes of a log do.
            var listening = await ConnectionMultiplexer.ConnectAsync(redis);
            await listening.GetSubscriber().SubscribeAsync(Channel, (_, _) => { });
        });
    }

    private static async Task<object> PublishAsync(int changes, LiveModel model, ChangesetPublisher publisher, IBackplane log)
    {
        var entity = model.Find(nameof(Ticket))!;
        var prepared = Enumerable.Range(1, changes).Select(n => FanOut.Written(entity, n)).ToArray();
        var start = Stopwatch.GetTimestamp();
        foreach (var written in prepared)
        {
            publisher.Publish(written, FanOut.NextStamp());
            await ((RedisBackplane)log).FlushAsync();
        }

        return new { milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds };
    }

    private static async Task<object> PublishBareAsync(string redis, LiveModel model, int changes)
    {
        var entity = model.Find(nameof(Ticket))!;
        var codec = new ChangesetCodec(model);
        var prepared = Enumerable.Range(1, changes).Select(n => Bytes(codec, FanOut.Written(entity, n))).ToArray();
        await using var connection = new Connection(await ConnectionMultiplexer.ConnectAsync(redis));
        var database = connection.Multiplexer.GetDatabase();
        RedisKey[] keys = ["{bare}:log"];
        await database.ScriptEvaluateAsync(Bare, keys, [prepared[0], Channel]);
        var start = Stopwatch.GetTimestamp();
        foreach (var bytes in prepared)
        {
            await database.ScriptEvaluateAsync(Bare, keys, [bytes, Channel]);
        }

        return new { milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds };
    }

    private static byte[] Bytes(ChangesetCodec codec, ChangesetBuilder written)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(new byte[HeaderBytes]);
        codec.Write(buffer, written.Build(ChangesetId.New(DateTimeOffset.UtcNow), transaction: null, version: 1)!);
        return buffer.WrittenSpan.ToArray();
    }

    private sealed class Connection(ConnectionMultiplexer multiplexer) : IAsyncDisposable
    {
        public ConnectionMultiplexer Multiplexer => multiplexer;

        public async ValueTask DisposeAsync()
        {
            await multiplexer.CloseAsync();
            multiplexer.Dispose();
        }
    }
}
