namespace LiveHub.Routing;

/// <summary>
/// The connections that were given something and are not told to write it yet. While the log has more, they are told in turns of so many diffs, some
/// milliseconds' work: they write less often, and more at a time. One thread at a time.
/// </summary>
internal sealed class FlushTurn
{
    private const int MaxDiffs = 262_144;

    /// <summary>One connection is not left waiting for more than this: it is far less than what may wait for it.</summary>
    private const int MaxDiffsEach = 512;

    private readonly List<SendQueue> _due = [];
    private int _diffs;

    public bool IsFull => _diffs >= MaxDiffs;

    /// <param name="touched">The queues that a changeset was given to.</param>
    /// <param name="diffs">How many of its diffs.</param>
    public void Add(List<SendQueue> touched, int diffs)
    {
        _diffs += diffs;
        foreach (var queue in touched)
        {
            if (!queue.IsDue)
            {
                queue.IsDue = true;
                _due.Add(queue);
            }

            if (queue.Unflushed >= MaxDiffsEach)
            {
                queue.Flush(here: false);
            }
        }
    }

    /// <summary>Has everything written that was routed since the last time.</summary>
    /// <param name="here">On this thread, for one of the connections.</param>
    public void Flush(bool here)
    {
        for (var i = 0; i < _due.Count; i++)
        {
            // The others are on their way by then.
            _due[i].IsDue = false;
            _due[i].Flush(here && i == _due.Count - 1);
        }

        _due.Clear();
        _diffs = 0;
    }
}
