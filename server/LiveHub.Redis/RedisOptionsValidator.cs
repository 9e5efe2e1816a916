using LiveHub.Capture;
using LiveHub.Model;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace LiveHub.Redis;

/// <summary>Finds all faults at once.</summary>
internal sealed class RedisOptionsValidator(IEnumerable<RedisRegistration> registrations, IEnumerable<ContextRegistration> contexts, Databases databases) : IValidateOptions<RedisOptions>
{
    private const int LongestPrefix = 100;

    public ValidateOptionsResult Validate(string? name, RedisOptions options)
    {
        var faults = new List<string>();
        CheckConfiguration(options.Configuration, faults);
        if (options.Prefix is not { Length: > 0 and <= LongestPrefix } prefix || prefix.AsSpan().IndexOfAny('{', '}') >= 0 || prefix.Any(char.IsWhiteSpace))
        {
            faults.Add($"{nameof(RedisOptions)}.{nameof(options.Prefix)} is '{options.Prefix}'; it must have from 1 to {LongestPrefix} characters, without braces and white space.");
        }

        Check(nameof(options.CommandTimeout), options.CommandTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Check(nameof(options.HeartbeatInterval), options.HeartbeatInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        Check(nameof(options.MaxQueuedChangesets), options.MaxQueuedChangesets, 1, 1_000_000);
        Check(nameof(options.MaxQueuedBytes), options.MaxQueuedBytes, 64L << 10, 1L << 30);
        CheckRegistrations(faults);
        CheckVersions(faults);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check<T>(string option, T value, T min, T max)
            where T : IComparable<T>
        {
            if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
            {
                faults.Add($"{nameof(RedisOptions)}.{option} is {value}; it must be from {min} to {max}.");
            }
        }
    }

    /// <summary>All contexts share one log; what differs would hold for none of them or for the last one.</summary>
    private void CheckRegistrations(List<string> faults)
    {
        var told = registrations.Select(registration =>
        {
            var options = new RedisOptions();
            registration.Configure(options);
            return (Context: registration.ContextType.Name, Options: options);
        }).ToList();
        foreach (var other in told.Skip(1))
        {
            var differing = typeof(RedisOptions).GetProperties().Where(p => !Equals(p.GetValue(told[0].Options), p.GetValue(other.Options))).Select(p => p.Name).ToList();
            if (differing.Count > 0)
            {
                faults.Add($"UseRedis was told different things for {told[0].Context} and {other.Context} ({string.Join(", ", differing)}). All contexts share one log: tell both the same, " +
                    "or call it for one of them alone.");
            }
        }
    }

    /// <summary>Where versions are each process's own count, what one node has saved seems older than what another has, and would not be shown.</summary>
    private void CheckVersions(List<string> faults)
        => faults.AddRange(contexts.Where(context => !databases.For(context.ContextType).CapturesSaves).Select(context =>
            $"{context.ContextType.Name}: several nodes need versions that hold for all of them, which LiveHub has from PostgreSQL. Add UsePostgreSql() (package LiveHub.PostgreSql) to " +
            $"AddLiveHub<{context.ContextType.Name}>, or leave UseRedis out."));

    /// <summary>It may hold a password: no fault repeats it.</summary>
    private static void CheckConfiguration(string? configuration, List<string> faults)
    {
        const string option = $"{nameof(RedisOptions)}.{nameof(RedisOptions.Configuration)}";
        if (string.IsNullOrWhiteSpace(configuration))
        {
            faults.Add($"{option} is empty. Say where Redis is: UseRedis(\"localhost:6379\").");
            return;
        }

        try
        {
            if (ConfigurationOptions.Parse(configuration).EndPoints.Count == 0)
            {
                faults.Add($"{option} names no server. Begin it with one: \"localhost:6379,…\".");
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            faults.Add($"{option} is no connection string of StackExchange.Redis: {e.Message}");
        }
    }
}
