using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>Redis is away, or refuses. The text is for an operator, and holds no password.</summary>
internal sealed class RedisFaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    public static RedisFaultException CannotConnect(string where, Exception inner)
    {
        var text = inner.Message;
        var why = text.Contains("NOAUTH", StringComparison.OrdinalIgnoreCase) || text.Contains("WRONGPASS", StringComparison.OrdinalIgnoreCase)
            || text.Contains("invalid password", StringComparison.OrdinalIgnoreCase) || text.Contains("AuthenticationFailure", StringComparison.OrdinalIgnoreCase)
                ? "it refuses the password. Put the right one into the connection string: \"localhost:6379,password=…\"."
                : inner is TimeoutException ? "it does not answer. Check the address, the network and whether the server runs." : $"{text} Check the address, the network and whether the server runs.";
        return new($"Redis at {where} cannot be used: {why}", inner);
    }

    public static RedisFaultException TooOld(string where, Exception inner)
        => new($"Redis at {where} is older than version 5: it has no streams. Take Redis 5 or later.", inner);

    public static RedisFaultException NoAnswer(Exception inner) => inner switch
    {
        TimeoutException or OperationCanceledException => new("Redis did not answer in time.", inner),
        RedisServerException { Message: var text } when text.StartsWith("READONLY", StringComparison.Ordinal) => new("Redis is a replica, and takes no writes: name the primary.", inner),
        _ => new($"Redis failed: {inner.Message}", inner),
    };
}
