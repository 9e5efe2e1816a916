using System.Runtime.InteropServices;
using LiveHub.Changes;

namespace LiveHub.Routing;

/// <summary>Who waits until an offset or a changeset is routed. One thread at a time.</summary>
internal sealed class RoutingWaits
{
    private readonly List<(long Offset, TaskCompletionSource Reached)> _offsets = [];
    private readonly Dictionary<ChangesetId, List<TaskCompletionSource<long>>> _changesets = [];

    /// <summary>How many changesets somebody waits for.</summary>
    public int Changesets => _changesets.Count;

    /// <summary>Completes when the offset is routed.</summary>
    public Task Add(long offset)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _offsets.Add((offset, reached));
        return reached.Task;
    }

    /// <summary>Completes with the changeset's offset when it is routed. Whoever waits no longer removes it, whatever came of it.</summary>
    public Task<long> Add(ChangesetId id)
    {
        var routed = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        ref var waiting = ref CollectionsMarshal.GetValueRefOrAddDefault(_changesets, id, out _);
        (waiting ??= []).Add(routed);
        return routed.Task;
    }

    public void Remove(ChangesetId id, Task<long> routed)
    {
        if (_changesets.TryGetValue(id, out var waiting) && waiting.RemoveAll(w => w.Task == routed) > 0 && waiting.Count == 0)
        {
            _changesets.Remove(id);
        }
    }

    /// <param name="offset">Everything up to here is routed.</param>
    /// <param name="changeset">What came last; null where nothing was routed.</param>
    public void Reach(long offset, ChangesetId? changeset)
    {
        _offsets.RemoveAll(w => w.Offset <= offset && w.Reached.TrySetResult());
        if (_changesets.Count > 0 && changeset is { } id && _changesets.TryGetValue(id, out var waiting))
        {
            foreach (var routed in waiting)
            {
                routed.TrySetResult(offset);
            }
        }
    }
}
