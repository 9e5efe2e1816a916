using System.Globalization;
using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Backplane;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>Nodes start, with Redis or without.</summary>
public abstract partial class RedisFaultSpecification
{
    [Fact]
    public async Task A_node_starts_with_the_password()
    {
        var nodes = await StartAsync(2, password: "secret");
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
    }

    [Fact]
    public async Task A_start_with_the_wrong_password_fails_and_says_where_and_why()
    {
        await using var server = await RedisServer.StartAsync("secret");
        var fault = await RefusedAsync(new() { Configuration = $"127.0.0.1:{server.Port},password=wrongword" });
        Assert.Contains("password", fault.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("wrongword", fault.ToString(), StringComparison.Ordinal);
        Assert.Contains(server.Port.ToString(CultureInfo.InvariantCulture), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_without_a_server_fails_and_says_where()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        var fault = await RefusedAsync(new() { Configuration = server.Configuration });
        Assert.Contains(server.Port.ToString(CultureInfo.InvariantCulture), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_on_a_server_that_does_not_answer_fails_in_the_time_that_a_command_may_take()
    {
        await using var server = await RedisServer.StartAsync();
        await server.StopAsync();
        var fault = await RefusedAsync(new() { Configuration = server.Configuration, CommandTimeout = TimeSpan.FromMilliseconds(500) });
        Assert.Contains(server.Port.ToString(CultureInfo.InvariantCulture), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_on_a_replica_fails_and_says_why()
    {
        await using var server = await RedisServer.StartAsync();
        await using var replica = await server.ReplicaAsync();
        Assert.Contains("replica", (await RefusedAsync(new() { Configuration = replica.Configuration })).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_start_on_a_server_without_streams_fails_and_says_which_version_is_needed()
    {
        await using var server = await RedisServer.StartAsync(unknown: ["XADD", "XLEN", "XRANGE", "XTRIM", "XREAD", "XDEL", "XINFO"]);
        var fault = await RefusedAsync(new() { Configuration = server.Configuration });
        Assert.Contains($":{server.Port} is older than version 5", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Redis 5 or later", fault.Message, StringComparison.Ordinal);
    }

    /// <param name="isUnknown">Or the user may not.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_start_on_a_server_that_runs_no_scripts_fails_and_says_what_to_allow(bool isUnknown)
    {
        await using var server = await RedisServer.StartAsync(unknown: isUnknown ? ["EVAL", "EVALSHA", "SCRIPT"] : []);
        if (!isUnknown)
        {
            await server.ExecuteAsync("ACL", "SETUSER", "default", "-@scripting");
        }

        var fault = await RefusedAsync(new() { Configuration = server.Configuration });
        Assert.Contains($":{server.Port} cannot be used: it does not let LiveHub do what it needs", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Allow the user of the connection string scripts (EVALSHA, SCRIPT LOAD", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("log")]
    [InlineData("changesets")]
    [InlineData("nodes")]
    public async Task A_start_where_another_program_has_a_key_under_the_prefix_fails_and_says_so(string key)
    {
        await using var server = await RedisServer.StartAsync();
        await server.ExecuteAsync("SET", $"{{mine}}:{key}", "another's");
        var fault = await RefusedAsync(new() { Configuration = server.Configuration, Prefix = "mine" });
        Assert.Contains($":{server.Port} cannot be used: a key under the prefix is not LiveHub's", fault.Message, StringComparison.Ordinal);
        Assert.Contains("RedisOptions.Prefix", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("network", fault.Message, StringComparison.Ordinal);
        Assert.Equal("another's", await server.ExecuteAsync("GET", $"{{mine}}:{key}"));
    }

    [Fact]
    public async Task A_node_that_may_start_without_Redis_takes_part_when_it_is_there()
    {
        var nodes = await StartAsync(0, configure: o => o.StartWithoutRedis = true);
        await nodes.Server.KillAsync();
        await nodes.AddAsync(2);
        nodes.All[0].Append(10);
        await nodes.Server.RestartAsync(isEmpty: true);
        await nodes.ConvergeAsync();
    }

    [Fact]
    public async Task G7_a_node_that_comes_later_has_the_positions_of_those_before()
    {
        var nodes = await StartAsync(isPersistent: true);
        nodes.All[0].Append(100);
        await nodes.ConvergeAsync();
        await nodes.Server.RestartAsync(isEmpty: false);
        await nodes.AddAsync(1);
        await nodes.ConvergeAsync();
        NobodyStartedAgain(nodes);
        Assert.Equal(nodes.All[0].Entries.Select(e => e.Position), nodes.All[3].Entries.Select(e => e.Position));
    }

    private async Task<Exception> RefusedAsync(RedisOptions options)
        => await Assert.ThrowsAnyAsync<InvalidOperationException>(() => _create(options, new(), Stopping).WaitAsync(TimeSpan.FromSeconds(30), Stopping));
}
