using System.Globalization;

namespace LiveHub.Redis.Tests.Infrastructure;

public sealed class LineTests
{
    [Fact]
    public async Task Cut_it_ends_connections_and_takes_none_until_it_is_mended()
    {
        await using var server = await RedisServer.StartAsync();
        await using var line = new Line(server.Port);
        await using var first = await RespConnection.OpenAsync(line.Port, password: null);
        Assert.Equal("PONG", await first.ExecuteAsync("PING"));
        line.Cut();
        await Assert.ThrowsAnyAsync<IOException>(() => first.ExecuteAsync("PING"));
        await using (var second = await RespConnection.OpenAsync(line.Port, password: null))
        {
            await Assert.ThrowsAnyAsync<IOException>(() => second.ExecuteAsync("PING"));
        }

        line.Mend();
        await using var third = await RespConnection.OpenAsync(line.Port, password: null);
        Assert.Equal("PONG", await third.ExecuteAsync("PING"));
    }

    [Fact]
    public async Task Stalled_it_keeps_connections_and_brings_everything_later()
    {
        await using var server = await RedisServer.StartAsync();
        await using var line = new Line(server.Port);
        await using var connection = await RespConnection.OpenAsync(line.Port, password: null);
        Assert.Equal("PONG", await connection.ExecuteAsync("PING"));
        line.Stall();
        await connection.SendAsync("SET", "a", "1");
        var answer = connection.ReadAsync();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(answer.IsCompleted);
        Assert.Null(await server.ExecuteAsync("GET", "a"));
        line.Mend();
        Assert.Equal("OK", await answer);
    }

    [Fact]
    public async Task Mute_it_brings_everything_to_the_server_and_no_answer_back()
    {
        await using var server = await RedisServer.StartAsync();
        await using var line = new Line(server.Port);
        await using var connection = await RespConnection.OpenAsync(line.Port, password: null);
        Assert.Equal("PONG", await connection.ExecuteAsync("PING"));
        line.Mute();
        await connection.SendAsync("SET", "a", "1");
        var answer = connection.ReadAsync();
        while (await server.ExecuteAsync("GET", "a") is not "1")
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.False(answer.IsCompleted);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        line.Mend();
        await Assert.ThrowsAnyAsync<IOException>(() => answer);
    }

    [Fact]
    public async Task Led_elsewhere_it_brings_new_connections_there()
    {
        await using var server = await RedisServer.StartAsync();
        await using var other = await RedisServer.StartAsync();
        await other.ExecuteAsync("SET", "a", "1");
        await using var line = new Line(server.Port);
        await using var first = await RespConnection.OpenAsync(line.Port, password: null);
        Assert.Null(await first.ExecuteAsync("GET", "a"));
        line.LeadTo(other.Port);
        await Assert.ThrowsAnyAsync<IOException>(() => first.ExecuteAsync("PING"));
        await using var second = await RespConnection.OpenAsync(line.Port, password: null);
        Assert.Equal("1", await second.ExecuteAsync("GET", "a"));
    }

    [Fact]
    public async Task What_is_published_is_shuffled_or_lost_and_answers_are_not()
    {
        await using var server = await RedisServer.StartAsync();
        await using var line = new Line(server.Port);
        await using var reader = await RespConnection.OpenAsync(line.Port, password: null);
        await reader.ExecuteAsync("SUBSCRIBE", "channel");

        line.IsShuffled = true;
        await PublishAsync(server, 200);
        var shuffled = await TakeAsync(reader, 200);
        Assert.Equal(Enumerable.Range(0, 200), shuffled.Order());
        Assert.NotEqual(Enumerable.Range(0, 200), shuffled);
        Assert.NotEqual(0, line.Shuffled);

        (line.IsShuffled, line.Loss) = (false, 0.5);
        await PublishAsync(server, 200);
        await reader.SendAsync("PING");
        var kept = 0;
        while (await reader.ReadAsync() is object?[] and ["message", ..])
        {
            kept++;
        }

        Assert.Equal(200 - line.Dropped, kept);
        Assert.InRange(kept, 20, 180);
    }

    [Fact]
    public async Task Answers_are_whole_however_large_and_slow()
    {
        await using var server = await RedisServer.StartAsync();
        await using var line = new Line(server.Port) { Delay = TimeSpan.FromMilliseconds(5) };
        await using var connection = await RespConnection.OpenAsync(line.Port, password: null);
        var text = string.Concat(Enumerable.Range(0, 50_000).Select(i => i.ToString(CultureInfo.InvariantCulture) + "\r\n"));
        await connection.ExecuteAsync("SET", "a", text);
        var answers = (object?[])(await connection.ExecuteAsync("EVAL", "return {redis.call('GET', KEYS[1]), {1, 'b'}, false}", "1", "a"))!;
        Assert.Equal([text, null], [answers[0], answers[2]]);
        Assert.Equal([1L, "b"], (object?[])answers[1]!);
    }

    private static async Task PublishAsync(RedisServer server, int count)
    {
        await using var publisher = await RespConnection.OpenAsync(server.Port, password: null);
        for (var i = 0; i < count; i++)
        {
            await publisher.ExecuteAsync("PUBLISH", "channel", i.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task<List<int>> TakeAsync(RespConnection reader, int count)
    {
        var taken = new List<int>();
        while (taken.Count < count)
        {
            taken.Add(int.Parse((string)((object?[])(await reader.ReadAsync())!)[2]!, CultureInfo.InvariantCulture));
        }

        return taken;
    }
}
