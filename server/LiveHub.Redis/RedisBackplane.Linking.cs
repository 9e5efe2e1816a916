using System.Threading.Channels;
using LiveHub.Diagnostics;

namespace LiveHub.Redis;

/// <content>One link after another.</content>
internal sealed partial class RedisBackplane
{
    /// <summary>Keeps a link, one after another.</summary>
    /// <param name="link">The first one, where there is one; it has joined.</param>
    private async Task RunAsync(RedisLink? link, CancellationToken stopping)
    {
        for (var delay = MinDelay; ;)
        {
            long? served = null;
            try
            {
                if (link is null)
                {
                    link = await RedisLink.OpenAsync(_options, _names, stopping);
                    await JoinAsync(link);
                    _logger.RedisIsBack();
                    _loggedAt = null;
                    if (_asksWhenJoined)
                    {
                        // What its databases are was seen before the log could be compared with it.
                        _asksWhenJoined = false;
                        Ask();
                    }
                }

                served = _time.GetTimestamp();
                await ServeAsync(link, stopping);
            }
            catch (AnotherLogException e)
            {
                _logger.JoinsAnew(e.Message);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                LogAway(e);
                _metrics.Failed(Stages.Backplane, e);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            finally
            {
                Leave();
                await LetGoAsync(link);
            }

            // One that fails as soon as it serves is no better than none.
            link = null;
            delay = served is { } since && _time.GetElapsedTime(since) >= MaxDelay ? MinDelay : delay;
            await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }

    /// <summary>It is tried many times a minute, and may fail in another way each time: it is logged once in that time.</summary>
    private void LogAway(Exception cause)
    {
        if (_loggedAt is { } at && _time.GetElapsedTime(at) < LogAgain)
        {
            return;
        }

        _loggedAt = _time.GetTimestamp();
        _logger.RedisIsAway(cause);
    }

    private static ValueTask LetGoAsync(RedisLink? link) => link?.DisposeAsync() ?? default;

    /// <summary>Listens, sends and looks, until one of them cannot.</summary>
    private async Task ServeAsync(RedisLink link, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var looks = Channel.CreateUnbounded<Look>();
        Task[] tasks = [link.Ended, ListenAsync(link, looks.Reader, ending.Token), SendAsync(link, ending.Token), BeatAsync(link, looks.Writer, ending.Token)];
        Volatile.Read(ref _joined).TrySetResult(link);
        var first = await Task.WhenAny(tasks);
        await ending.CancelAsync();
        link.End(new("The connection is given up."));
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    /// <summary>Nothing is heard from here on.</summary>
    private void Leave()
    {
        if (Volatile.Read(ref _joined).Task.IsCompleted)
        {
            Volatile.Write(ref _joined, NewJoined());
        }
    }
}
