using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.Capture;

/// <summary>What one transaction has written so far.</summary>
/// <param name="contextType">The context that wrote first; its registration knows a way to the same database.</param>
/// <param name="database">Which database, as the connection names it.</param>
internal sealed class OpenTransaction(Type contextType, DatabaseName database)
{
    private readonly Lock _lock = new();
    private readonly ChangesetBuilder _writes = new();
    private readonly List<(string? Name, int Count)> _savepoints = [];
    private bool _hasEnded;

    public Type ContextType => contextType;

    public DatabaseName Database => database;

    /// <summary>What its changeset is going to be called.</summary>
    public required ChangesetId Id { get; init; }

    /// <summary>A request names it before its end is known.</summary>
    public bool IsNamed { get; set; }

    /// <summary>Null where the database has no stamps, or none was read.</summary>
    public Stamp? Stamp { get; private set; }

    /// <summary>The server's process that ran it, where that is known.</summary>
    public int? Backend { get; init; }

    /// <summary>When it was first heard of (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    public long Since { get; init; }

    /// <summary>Held open while it may end without a word, once its number is known.</summary>
    public CommitWindow.Ticket? Window { get; set; }

    /// <summary>Its end is asked for now and then; this asks at once.</summary>
    public SemaphoreSlim Hurried { get; } = new(0);

    /// <summary>A command in it failed: the database may answer a commit by rolling back, without an error.</summary>
    public bool HasFailed { get; set; }

    /// <summary>It was begun outside of EF Core, and may end there.</summary>
    public bool IsForeign { get; set; }

    public bool HasEnded
    {
        get
        {
            lock (_lock)
            {
                return _hasEnded;
            }
        }
    }

    public void Add(ChangesetBuilder writes, Stamp? stamp)
    {
        lock (_lock)
        {
            _writes.Add(writes);
            Stamp = stamp ?? Stamp;
        }
    }

    /// <summary>Where the number says that this very transaction goes on: takes over what was held since for what seemed another one.</summary>
    public bool TryContinue(OpenTransaction? seemingly, Stamp stamp)
    {
        lock (_lock)
        {
            if (Stamp?.Transaction != stamp.Transaction)
            {
                return false;
            }

            if (seemingly is not null)
            {
                _savepoints.AddRange(seemingly._savepoints.Select(s => (s.Name, s.Count + _writes.Count)));
                _writes.Add(seemingly._writes);
                HasFailed |= seemingly.HasFailed;
            }

            return true;
        }
    }

    /// <param name="name">Null where it is not known.</param>
    public void CreateSavepoint(string? name)
    {
        lock (_lock)
        {
            _savepoints.Add((name, _writes.Count));
        }
    }

    public void RollBackToSavepoint(string? name)
    {
        lock (_lock)
        {
            if (name is null)
            {
                // It may be any of them.
                _writes.Doubt(_savepoints.Count > 0 ? _savepoints[0].Count : 0);
                return;
            }

            var place = _savepoints.FindLastIndex(s => s.Name == name);
            if (place < 0)
            {
                _writes.Doubt(0);
                return;
            }

            _writes.TakeBack(_savepoints[place].Count);
            _savepoints.RemoveRange(place + 1, _savepoints.Count - place - 1);
        }
    }

    public void ReleaseSavepoint(string name)
    {
        lock (_lock)
        {
            var place = _savepoints.FindLastIndex(s => s.Name == name);
            if (place >= 0)
            {
                _savepoints.RemoveRange(place, _savepoints.Count - place);
            }
        }
    }

    /// <summary>All that it may have written, to be read again.</summary>
    public ChangesetBuilder InDoubt()
    {
        lock (_lock)
        {
            var writes = new ChangesetBuilder();
            writes.Add(_writes);
            writes.Doubt(0);
            return writes;
        }
    }

    /// <summary>Whether it wrote a row that another transaction has written after it.</summary>
    public bool WroteBefore(ChangesetBuilder later, Stamp stamp)
    {
        lock (_lock)
        {
            return Stamp is { } own && own.Version < stamp.Version && own.Transaction != stamp.Transaction && _writes.MeetsIn(later);
        }
    }

    /// <summary>It has ended: what it wrote, for the first who says so, and null for all after.</summary>
    public ChangesetBuilder? End()
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return null;
            }

            _hasEnded = true;
            return _writes;
        }
    }
}
