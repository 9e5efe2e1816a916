using Microsoft.Extensions.Logging;

namespace LiveHub.Diagnostics;

/// <summary>
/// The application's logger. It may throw (a full disk, a provider that is disposed), and nothing of LiveHub may end for that: a commit is done, the log is
/// routed, a connection that is given up has to go. What it did not take is lost; there is nobody else to tell.
/// </summary>
internal abstract class GuardedLogger(ILogger logger) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // See above.
        }
    }
}

/// <typeparam name="T">Whose name is the category.</typeparam>
internal sealed class GuardedLogger<T>(ILogger<T> logger) : GuardedLogger(logger);
