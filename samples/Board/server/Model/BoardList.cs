namespace BoardSample.Model;

/// <summary>A column of a board. Lists and cards are ordered by <see cref="Position"/>; one between two others takes the middle.</summary>
public sealed class BoardList
{
    public int Id { get; init; }
    public required int BoardId { get; set; }
    public required string Title { get; set; }
    public double Position { get; set; }

    public ICollection<Card> Cards { get; } = [];
}
