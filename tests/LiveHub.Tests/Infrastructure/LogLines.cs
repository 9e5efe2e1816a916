using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Infrastructure;

/// <summary>What an application has logged.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<Line> _lines = new();

    /// <summary>Whether it throws at each line of LiveHub's, once it has taken it.</summary>
    public bool Throws { get; set; }

    public IEnumerable<string> Texts => _lines.Select(l => l.Text);

    /// <summary>The events of LiveHub's, by their ids.</summary>
    public IEnumerable<int> Events => _lines.Where(l => IsLiveHub(l.Category)).Select(l => l.Event);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private static bool IsLiveHub(string category) => category.StartsWith("LiveHub.", StringComparison.Ordinal);

    private sealed record Line(string Category, int Event, string Text);

    private sealed class Logger(LogLines log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            log._lines.Enqueue(new(category, eventId.Id, formatter(state, exception)));
            if (log.Throws && IsLiveHub(category))
            {
                throw new InvalidOperationException("The disk is full.");
            }
        }
    }
}
