using LiveHub.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>A refused password is told though the exception has no reason, as where its thread was held up while the server refused.</summary>
public sealed class ConnectLogTests
{
    [Theory]
    [InlineData(",password=wrongword")]
    [InlineData("")]
    public async Task G12_that_a_password_was_refused_is_known_whatever_the_exception_says(string said)
    {
        await using var server = await RedisServer.StartAsync(password: "secret");
        var log = new ConnectLog();
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port}{said}", log));
        Assert.True(log.HasRefusedPassword);
        var fault = RedisFaultException.CannotConnect("here", log.HasRefusedPassword, new TimeoutException("It did not respond."));
        Assert.Equal("Redis at here cannot be used: it refuses the password. Put the right one into the connection string: \"localhost:6379,password=…\".", fault.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secret")]
    public async Task Nothing_is_said_of_a_password_that_is_right_or_not_asked_for(string? password)
    {
        await using var server = await RedisServer.StartAsync(password);
        var log = new ConnectLog();
        using (await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port},password=secret", log))
        {
            Assert.False(log.HasRefusedPassword);
        }
    }
}
