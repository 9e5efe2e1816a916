using System.Net.Sockets;

namespace LiveHub.Redis.Tests.Infrastructure;

public sealed class RedisServerTests
{
    [Fact]
    public async Task It_wants_its_password()
    {
        await using var server = await RedisServer.StartAsync(password: "secret");
        Assert.Equal("PONG", await server.ExecuteAsync("PING"));
        await using var stranger = await RespConnection.OpenAsync(server.Port, password: null);
        Assert.StartsWith("NOAUTH", (await Assert.ThrowsAsync<RedisRefusalException>(() => stranger.ExecuteAsync("PING"))).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Killed_and_started_again_on_the_same_port_it_knows_what_it_is_to_know(bool isEmpty)
    {
        await using var server = await RedisServer.StartAsync(isPersistent: true);
        var port = server.Port;
        await server.ExecuteAsync("SET", "a", "\u00ff\r\n\0");
        await server.KillAsync();
        await Assert.ThrowsAsync<SocketException>(() => server.ExecuteAsync("PING"));
        await server.RestartAsync(isEmpty);
        Assert.Equal(port, server.Port);
        Assert.Equal(isEmpty ? null : "\u00ff\r\n\0", await server.ExecuteAsync("GET", "a"));
    }

    [Fact]
    public async Task Stopped_it_answers_nobody_until_it_goes_on()
    {
        await using var server = await RedisServer.StartAsync();
        await using var connection = await RespConnection.OpenAsync(server.Port, password: null);
        await server.StopAsync();
        await connection.SendAsync("PING");
        var answer = connection.ReadAsync();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(answer.IsCompleted);
        await server.ContinueAsync();
        Assert.Equal("PONG", await answer);
    }

    [Fact]
    public async Task A_stopped_one_is_gone_after_the_test_too()
    {
        int port;
        await using (var server = await RedisServer.StartAsync())
        {
            port = server.Port;
            await server.StopAsync();
        }

        await Assert.ThrowsAsync<SocketException>(() => RespConnection.OpenAsync(port, password: null));
    }

    [Fact]
    public async Task A_replica_follows_until_its_line_is_cut_and_takes_writes_when_it_is_promoted()
    {
        await using var server = await RedisServer.StartAsync(password: "secret");
        await using var line = new Line(server.Port, isRaw: true);
        await server.ExecuteAsync("SET", "a", "1");
        await using var replica = await server.ReplicaAsync(line.Port);
        Assert.Equal("1", await replica.ExecuteAsync("GET", "a"));
        await server.ExecuteAsync("SET", "a", "2");
        await replica.CatchUpAsync(server);
        Assert.Equal("2", await replica.ExecuteAsync("GET", "a"));

        line.Cut();
        await server.ExecuteAsync("SET", "a", "3");
        await Assert.ThrowsAsync<RedisRefusalException>(() => replica.ExecuteAsync("SET", "a", "4"));
        await server.KillAsync();
        await replica.PromoteAsync();
        Assert.Equal("2", await replica.ExecuteAsync("GET", "a"));
        Assert.Equal("OK", await replica.ExecuteAsync("SET", "a", "4"));
    }

    [Fact]
    public async Task One_kind_of_connection_can_be_killed()
    {
        await using var server = await RedisServer.StartAsync();
        await using var normal = await RespConnection.OpenAsync(server.Port, password: null);
        await using var subscribed = await RespConnection.OpenAsync(server.Port, password: null);
        await normal.ExecuteAsync("PING");
        await subscribed.ExecuteAsync("SUBSCRIBE", "channel");
        Assert.Equal(1, await server.KillClientsAsync("pubsub"));
        await Assert.ThrowsAsync<EndOfStreamException>(subscribed.ReadAsync);
        Assert.Equal("PONG", await normal.ExecuteAsync("PING"));
        Assert.Equal(1, await server.KillClientsAsync("normal"));
        await Assert.ThrowsAnyAsync<IOException>(() => normal.ExecuteAsync("PING"));
    }

    [Fact]
    public async Task It_counts_commands_and_bytes()
    {
        await using var server = await RedisServer.StartAsync();
        await server.ResetCountsAsync();
        await server.ExecuteAsync("EVAL", "redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])", "1", "a", new string('x', 10_000));
        var calls = await server.CallsAsync();
        Assert.Equal((1, 1, 1), (calls["eval"], calls["set"], calls["get"]));
        Assert.InRange(await server.BytesAsync(), 20_000, 30_000);
    }
}
