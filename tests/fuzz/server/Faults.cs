using System.Collections.Concurrent;

namespace FuzzServer;

/// <summary>Keeps what is logged as an error, by anybody, or as a warning by LiveHub; and exceptions that nobody has looked at.</summary>
public sealed class Faults : ILoggerProvider
{
    private const int Kept = 1_000;

    private readonly ConcurrentQueue<string> _found = new();

    public Faults() => TaskScheduler.UnobservedTaskException += (_, e) => Add($"unobserved: {e.Exception.InnerException}");

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>What was found since the last time.</summary>
    public IReadOnlyList<string> Take()
    {
        var all = new List<string>();
        while (_found.TryDequeue(out var fault))
        {
            all.Add(fault);
        }

        return all;
    }

    public void Dispose()
    {
    }

    private void Add(string fault)
    {
        if (_found.Count < Kept)
        {
            _found.Enqueue(fault);
        }
    }

    private sealed class Logger(Faults faults, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel)
            => logLevel >= (category.StartsWith("LiveHub", StringComparison.Ordinal) ? LogLevel.Warning : LogLevel.Error);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                faults.Add($"{logLevel} {category} {eventId.Name}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
