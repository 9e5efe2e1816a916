using Microsoft.Extensions.Options;

namespace LiveHub;

/// <summary>Finds all faults at once.</summary>
internal sealed class LiveHubOptionsValidator : IValidateOptions<LiveHubOptions>
{
    public ValidateOptionsResult Validate(string? name, LiveHubOptions options)
    {
        var faults = new List<string>();
        Check(nameof(options.MaxSubscriptionsPerConnection), options.MaxSubscriptionsPerConnection, 1, 100_000);
        Check(nameof(options.MaxKeys), options.MaxKeys, 1, 10_000);
        Check(nameof(options.MaxFilterTerms), options.MaxFilterTerms, 1, 100);
        Check(nameof(options.MaxFilterBytesPerConnection), options.MaxFilterBytesPerConnection, 64L << 10, 1L << 30);
        Check(nameof(options.MaxConcurrentSnapshots), options.MaxConcurrentSnapshots, 1, 1_000);
        Check(nameof(options.MaxSnapshotBytes), options.MaxSnapshotBytes, 64L << 10, 1L << 30);
        Check(nameof(options.SnapshotMemoryBytes), options.SnapshotMemoryBytes, 64L << 10, 1L << 30);
        Check(nameof(options.MaxQueuedRows), options.MaxQueuedRows, 100, 1_000_000);
        Check(nameof(options.SnapshotTimeout), options.SnapshotTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Check(nameof(options.TransactionTimeout), options.TransactionTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Check(nameof(options.HeartbeatInterval), options.HeartbeatInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        if (options.LogRetention is not { } log)
        {
            faults.Add($"{nameof(LiveHubOptions)}.{nameof(options.LogRetention)} is null. Leave it as it is, or set what it holds.");
        }
        else
        {
            Check("LogRetention.Count", log.Count, 1, 10_000_000);
            Check("LogRetention.Bytes", log.Bytes, 1L << 20, long.MaxValue);
            Check("LogRetention.Age", log.Age, TimeSpan.FromSeconds(1), TimeSpan.MaxValue);
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Check<T>(string option, T value, T min, T max)
            where T : IComparable<T>
        {
            if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
            {
                faults.Add($"{nameof(LiveHubOptions)}.{option} is {value}; it must be from {min} to {max}.");
            }
        }
    }
}
