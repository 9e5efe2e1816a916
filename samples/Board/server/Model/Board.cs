namespace BoardSample.Model;

/// <summary>A project board of one tenant: its lists stand side by side.</summary>
public sealed class Board
{
    public int Id { get; init; }
    public required string Name { get; set; }
    public string TenantId { get; set; } = "demo";

    public ICollection<BoardList> Lists { get; } = [];
    public ICollection<Label> Labels { get; } = [];
}
