// Mirror fetches Gemini URLs into a folder, as gemget does and with its library, for machines on
// which gemget itself cannot be had.
//
// Kept of gemget: -f FILE is a list of URLs, one a line, empty lines and lines that begin with #
// skipped; they are fetched one at a time, a connection each; a file is named by the last segment
// of the URL's path, percent-decoded, or like the host when the path is empty; -d DIR must exist;
// -o FILE names the file of a single URL, and "-" is standard output; a file of the same name is
// overwritten; the first URL that fails ends the run.  -q and -s are taken and mean nothing: there
// is no progress bar to leave out.
//
// Unlike gemget's, a failure is always reported, with exit status 1.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/makeworld-the-better-one/go-gemini"
)

var client = gemini.Client{ConnectTimeout: 15 * time.Second, ReadTimeout: 60 * time.Second}

func main() {
	list := flag.String("f", "", "file with a list of URLs")
	dir := flag.String("d", ".", "folder for the files")
	out := flag.String("o", "", "file for the only URL, or -")
	flag.Bool("q", false, "taken for gemget's sake")
	flag.Bool("s", false, "taken for gemget's sake")
	flag.Parse()

	urls := flag.Args()
	if *list != "" {
		more, err := readList(*list)
		if err != nil {
			fail(err)
		}
		urls = append(urls, more...)
	}
	if len(urls) == 0 || (*out != "" && len(urls) > 1) {
		fail(fmt.Errorf("usage: mirror [-q] [-s] [-d DIR] [-f LIST] [-o FILE] [URL]..."))
	}
	for _, u := range urls {
		if err := fetch(u, *dir, *out); err != nil {
			fail(fmt.Errorf("%s: %w", u, err))
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "mirror:", err)
	os.Exit(1)
}

// readList returns the URLs of a list.
func readList(name string) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var urls []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line != "" && !strings.HasPrefix(line, "#") {
			urls = append(urls, line)
		}
	}
	return urls, lines.Err()
}

// fileName names the file of a URL: the last segment of its path, decoded, or its host.
func fileName(u string) (string, error) {
	parsed, err := url.Parse(u)
	if err != nil {
		return "", err
	}
	path := strings.TrimSuffix(parsed.EscapedPath(), "/")
	name, err := url.PathUnescape(path[strings.LastIndex(path, "/")+1:])
	if err != nil {
		return "", err
	}
	if name == "" {
		name = parsed.Hostname()
	}
	if name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return "", fmt.Errorf("%q cannot be the name of a file", name)
	}
	return name, nil
}

// fetch writes the body of one URL into dir, or to out when that is named.
func fetch(u, dir, out string) error {
	name, err := fileName(u)
	if err != nil {
		return err
	}
	response, err := client.Fetch(u)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.Status != 20 {
		return fmt.Errorf("answered %d %s", response.Status, response.Meta)
	}
	if out == "-" {
		_, err = io.Copy(os.Stdout, response.Body)
		return err
	}
	if out == "" {
		out = filepath.Join(dir, name)
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	if _, err = io.Copy(file, response.Body); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
