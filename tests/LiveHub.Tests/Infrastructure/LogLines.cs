using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LiveHub.Tests.Infrastructure;

/// <summary>What an application has logged.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<Line> _lines = new();

    public IEnumerable<string> Texts => _lines.Select(l => l.Text);

    /// <summary>The events of LiveHub's, by their ids.</summary>
    public IEnumerable<int> Events => _lines.Where(l => l.Category.StartsWith("LiveHub.", StringComparison.Ordinal)).Select(l => l.Event);

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, _lines);

    public void Dispose()
    {
    }

    private sealed record Line(string Category, int Event, string Text);

    private sealed class Logger(string category, ConcurrentQueue<Line> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => lines.Enqueue(new(category, eventId.Id, formatter(state, exception)));
    }
}
