using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>Redis is away, or refuses. The text is for an operator, and holds no password.</summary>
internal sealed class RedisFaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    private const string Password = "it refuses the password. Put the right one into the connection string: \"localhost:6379,password=…\".";
    private const string Checks = "Check the address, the network and whether the server runs.";

    /// <param name="where">Its addresses.</param>
    /// <param name="hasRefusedPassword">Whether it has said so while connecting.</param>
    /// <param name="inner">What came of it.</param>
    public static RedisFaultException CannotConnect(string where, bool hasRefusedPassword, Exception inner)
    {
        var why = hasRefusedPassword ? Password : Refusal(inner) ?? (inner is TimeoutException ? $"it does not answer. {Checks}" : $"{inner.Message.TrimEnd('.')}. {Checks}");
        return new($"Redis at {where} cannot be used: {why}", inner);
    }

    public static RedisFaultException TooOld(string where, Exception inner)
        => new($"Redis at {where} is older than version 5, or keeps the commands of streams from this user: it does not know XLEN. Take Redis 5 or later.", inner);

    public static RedisFaultException NoAnswer(Exception inner) => inner switch
    {
        TimeoutException or OperationCanceledException => new("Redis did not answer in time.", inner),
        _ when Refusal(inner) is { } why => new($"Redis cannot be used: {why}", inner),
        _ => new($"Redis failed: {inner.Message}", inner),
    };

    public static bool IsRefusedPassword(string text) => Says(text, "NOAUTH") || Says(text, "WRONGPASS") || Says(text, "invalid password") || Says(text, "AuthenticationFailure");

    /// <summary>What the server said no to, and what to do; null where it is something else.</summary>
    private static string? Refusal(Exception fault)
    {
        for (var inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } || IsRefusedPassword(inner.Message))
            {
                return Password;
            }
        }

        return fault is not RedisServerException { Message: var text } ? null
            : Says(text, "READONLY") ? "it is a replica, and takes no writes: name the primary."
            : Says(text, "WRONGTYPE") ? "a key under the prefix is not LiveHub's: another program uses it. Give LiveHub another RedisOptions.Prefix, or delete the key."
            : Says(text, "no permissions") || Says(text, "unknown command")
                ? $"it does not let LiveHub do what it needs ({text}). Allow the user of the connection string scripts (EVALSHA, SCRIPT LOAD, and what they call), XLEN, XRANGE, PUBLISH and SUBSCRIBE, on all keys and "
                    + "channels that begin with {prefix}."
            : null;
    }

    private static bool Says(string text, string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
}
