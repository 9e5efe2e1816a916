using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.PostgreSql.Tests;

/// <summary>A log into which some changesets come late.</summary>
internal sealed class LateLog : WrappedLog
{
    private readonly List<Changeset> _heldUp = [];
    private IBackplane? _log;

    public bool HoldsUp { get; set; }

    /// <summary>Called in the middle of an append, before the log has it.</summary>
    public Action OnAppend { get; set; } = () => { };

    protected override IBackplane Inner => _log ?? throw new InvalidOperationException("There is no log yet.");

    public LateLog Around(IBackplane log)
    {
        _log = log;
        return this;
    }

    public override void Append(Changeset changeset)
    {
        OnAppend();
        if (HoldsUp)
        {
            _heldUp.Add(changeset);
        }
        else
        {
            base.Append(changeset);
        }
    }

    public void LetGo()
    {
        HoldsUp = false;
        _heldUp.ForEach(base.Append);
        _heldUp.Clear();
    }
}
